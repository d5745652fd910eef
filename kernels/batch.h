/* A step, flattened: the tokens of all its sequences in one row. */
#ifndef AERIE_KERNELS_BATCH_H
#define AERIE_KERNELS_BATCH_H

#include "kernels/kernels.h"

struct batch {
    uint32_t capacity;
    uint32_t n_tokens;
    uint32_t n_wanted;      /* rows of logits */
    int32_t *ids;           /* [n_tokens] */
    uint32_t *positions;    /* [n_tokens] */
    uint32_t *sequences;    /* [n_tokens] which sequence of the step it belongs to */
    const uint32_t **pages; /* [n_tokens] page table of that sequence */
    uint32_t *wanted;       /* [n_wanted] token of each row of logits, ascending */
};

/* ERROR_MEMORY. */
bool batch_init(struct batch *self, uint32_t capacity, struct error *err);
void batch_release(struct batch *self);

/* What a step is checked against. page_marks is [n_pages], all zero before and after. */
struct batch_limits {
    uint32_t n_vocab;
    uint32_t n_context;
    uint32_t n_pages;
    uint8_t *page_marks;
};

/* Checks a step and flattens it. ERROR_ARGUMENT: no or too many tokens, a token, position or page
 * out of range, two sequences that write the same page or one that reads what another writes. */
bool batch_fill(struct batch *self, const struct step *step, const struct batch_limits *limits,
                struct error *err);

#endif
