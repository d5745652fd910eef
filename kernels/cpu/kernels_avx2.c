/* The kernels for x86-64 processors with AVX2, FMA and F16C. */
#include "kernels/cpu/simd/avx2.h"

#include "kernels/cpu/f16c.h"
#include "kernels/cpu/simd/kernels.h"

static bool supported(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && cpu_has_f16c();
}

const struct cpu_isa cpu_isa_avx2 = CPU_ISA("avx2", supported);
