/* For every instruction set compiled in that this processor has. */
#ifndef AERIE_TESTS_UNIT_KERNELS_EACH_ISA_H
#define AERIE_TESTS_UNIT_KERNELS_EACH_ISA_H

#include "kernels/cpu/isa.h"

#define EACH_ISA(isa)                                                                              \
    for (const struct cpu_isa *const *isa##_at = cpu_isas, *isa; (isa = *isa##_at) != NULL;        \
         isa##_at++)                                                                               \
        if (!isa->supported())                                                                     \
            print_message("%s: this processor does not have it\n", isa->name);                     \
        else

#endif
