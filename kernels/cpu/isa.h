/* One instruction set's kernels, and the choice among them at run time. */
#ifndef AERIE_KERNELS_CPU_ISA_H
#define AERIE_KERNELS_CPU_ISA_H

#include "kernels/cpu/attention.h"
#include "kernels/cpu/weight_format.h"

/* Everything that is compiled once per instruction set. Vectors may have any length and alignment
 * unless said otherwise. */
struct cpu_isa {
    const char *name;                    /* "avx512", "avx2", "neon", "plain" */
    bool (*supported)(void);             /* can this processor run it? */
    const struct weight_format *formats; /* [tensor_type_count], in the order of tensor_types */
    size_t (*gemm_scratch)(size_t cols); /* floats gemm needs for a matrix of that many columns */

    void (*add)(float *to, const float *from, size_t n);
    /* y = x / sqrt(mean(x²) + eps) * weight; y may be x */
    void (*rms_norm)(float *y, const float *x, const float *weight, float eps, size_t n);
    /* gate = silu(gate) * up */
    void (*swiglu)(float *gate, const float *up, size_t n);
    /* Turns one head. cosines and sines are [n_dims]: for ROPE_HALVES the n_dims/2 angles twice
     * over, for ROPE_ADJACENT each angle twice in a row; the sine that multiplies the second of a
     * pair carries a minus sign. */
    void (*rope)(float *head, const float *cosines, const float *sines, enum rope_style style,
                 size_t n_dims);
    /* One key into a column of its transposed page, one value into its row. Numbers beyond the
     * range of half precision become its largest. */
    void (*store_key)(uint16_t *column, const float *key, size_t head_dim);
    void (*store_value)(uint16_t *row, const float *value, size_t head_dim);
    void (*attention)(const struct attention_tile *tile);
};

/* The sets compiled in, best first, NULL-terminated; the last one runs everywhere. */
extern const struct cpu_isa *const cpu_isas[];

/* The best supported set, or the one called `name` if it is supported; NULL if it is not. */
const struct cpu_isa *cpu_isa_choose(const char *name);

const struct weight_format *cpu_isa_format(const struct cpu_isa *isa, enum tensor_type type);

/* "AMD EPYC 9354, avx512 vnni bf16": the processor's name, the chosen set, what else it has. */
void cpu_isa_describe(const struct cpu_isa *isa, char *out, size_t size);

#endif
