/* The kernels in portable C: what runs where nothing better does. */
#include "kernels/cpu/simd/plain.h"

#include "kernels/cpu/simd/kernels.h"

static bool supported(void) {
    return true;
}

const struct cpu_isa cpu_isa_plain = CPU_ISA("plain", supported);
