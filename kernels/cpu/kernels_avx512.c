/* The kernels for x86-64 processors with AVX-512 F, BW, DQ and VL. */
#include "kernels/cpu/simd/avx512.h"

#include "kernels/cpu/f16c.h"
#include "kernels/cpu/simd/kernels.h"

static bool supported(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("fma") && cpu_has_f16c();
}

const struct cpu_isa cpu_isa_avx512 = CPU_ISA("avx512", supported);
