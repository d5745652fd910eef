/* The default model and what smollm2.golden says about it. */
#ifndef AERIE_TESTS_GOLDEN_DEFAULT_MODEL_H
#define AERIE_TESTS_GOLDEN_DEFAULT_MODEL_H

#include "engine/model/model.h"

struct golden_prompt {
    char *text;
    uint32_t n_bytes, n_tokens;
    int32_t *tokens;       /* [n_tokens] */
    int32_t *continuation; /* [n_greedy] */
    float *margins;        /* [n_greedy] */
};

struct golden_text {
    uint32_t n_vocab, n_text, n_fixed, n_top, n_greedy, n_prompts;
    double perplexity;
    int32_t *tokens;     /* [n_text] */
    int32_t *fixed;      /* [n_fixed] ids */
    float *log_sums;     /* [n_text] */
    float *fixed_logits; /* [n_text × n_fixed] */
    int32_t *top_ids;    /* [n_text × n_top] */
    float *top_logits;   /* [n_text × n_top] */
    struct golden_prompt *prompts;
};

/* Fails the test if the file is not what make_golden.py writes. */
void golden_text_read(struct golden_text *self);
void golden_text_free(struct golden_text *self);

/* The model of $AERIE_MODEL or the store's default one. If it is not there, or not the one the
 * golden numbers were made from, says so on stderr and exits with 77. */
struct model *open_default_model(void);

#endif
