/* What kind of machine this is, as far as it decides what a model can do here. */
#ifndef AERIE_LSP_CMD_MACHINE_H
#define AERIE_LSP_CMD_MACHINE_H

#include <stddef.h>
#include <stdint.h>

enum { MACHINE_MAX_INSTRUCTION_SETS = 16 };

struct machine {
    char cpu[128]; /* "AMD EPYC 7B13", or the architecture's name where the kernel tells no more */
    /* Those that matter for matrix products, as the kernel spells them: "avx2", "avx512_vnni". */
    const char *instruction_sets[MACHINE_MAX_INSTRUCTION_SETS];
    size_t n_instruction_sets;
    unsigned cores;                  /* physical cores of the whole machine; 0 = unknown */
    unsigned threads;                /* logical CPUs this process may run on */
    uint64_t memory_bytes;           /* of the whole machine; 0 = unknown */
    uint64_t memory_available_bytes; /* what this process could get now; 0 = unknown */
};

/* Reads /proc and the limits of control groups. What cannot be read stays 0 or empty. */
void machine_read(struct machine *out);

#endif
