/* Attention over pages: what the decoder asks of an instruction set's kernel. */
#ifndef AERIE_KERNELS_CPU_ATTENTION_H
#define AERIE_KERNELS_CPU_ATTENTION_H

#include "kernels/kernels.h"

/* Queries that share one pass over the keys and values: the heads of one group, for one token or
 * several in a row. */
enum { ATTENTION_QUERIES = 16 };

/* Queries of one sequence on one key/value head, in ascending order of position.
 *
 * Keys and values are half precision. A page holds, for each key/value head, its keys transposed,
 * [head_dim][KV_PAGE_TOKENS], so that scores of neighbouring positions fill a vector, and then its
 * values, [KV_PAGE_TOKENS][value_stride]. */
struct attention_tile {
    const uint16_t *keys; /* of this layer and head, in page 0 */
    size_t page_stride;   /* from a page to the next, in halves */
    size_t head_dim;
    size_t value_stride; /* head_dim rounded up to 16; the rest of a value is zero */
    const uint32_t *pages;
    float scale; /* 1 / sqrt(head_dim) */
    float clamp; /* 0 for none */

    uint32_t n_queries;
    uint32_t positions[ATTENTION_QUERIES]; /* query i sees 0 .. positions[i] */
    const float *q[ATTENTION_QUERIES];     /* [head_dim] each */
    float *out[ATTENTION_QUERIES];         /* [head_dim] each */
    float *scratch;                        /* ATTENTION_SCRATCH(value_stride) floats */
};

#define ATTENTION_SCRATCH(value_stride)                                                            \
    (ATTENTION_QUERIES * (KV_PAGE_TOKENS + (size_t)(value_stride)))

#endif
