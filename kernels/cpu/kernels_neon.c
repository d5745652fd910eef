/* The kernels for AArch64, whose baseline includes Advanced SIMD. */
#include "kernels/cpu/simd/neon.h"

#include "kernels/cpu/simd/kernels.h"

static bool supported(void) {
    return true;
}

const struct cpu_isa cpu_isa_neon = CPU_ISA("neon", supported);
