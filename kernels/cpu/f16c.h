/* Has this x86-64 processor the F16C conversions? Asked of cpuid directly: clang 14's
 * __builtin_cpu_supports does not know the name. Leaf 1, ECX bit 29. */
#ifndef AERIE_KERNELS_CPU_F16C_H
#define AERIE_KERNELS_CPU_F16C_H

#include <cpuid.h>
#include <stdbool.h>

static inline bool cpu_has_f16c(void) {
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & 1u << 29) != 0;
}

#endif
