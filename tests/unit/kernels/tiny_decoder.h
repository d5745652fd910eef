/* Whole decoders with random weights, small enough to run by the hundred. */
#ifndef AERIE_TESTS_UNIT_KERNELS_TINY_DECODER_H
#define AERIE_TESTS_UNIT_KERNELS_TINY_DECODER_H

#include "kernels/kernels.h"

struct tiny_options {
    const char *name;
    enum tensor_type type;
    uint32_t n_layers, d_model, n_heads, n_kv_heads, head_dim, d_ff, n_vocab;
    bool biases, head_norms, untied, frequency_factors;
    enum rope_style style;
    uint32_t rope_dims; /* 0: head_dim */
    float clamp;
};

struct tiny_decoder;

/* Fails the test if there is no memory. */
struct tiny_decoder *tiny_create(const struct tiny_options *options);
void tiny_free(struct tiny_decoder *self);
const struct decoder_spec *tiny_spec(const struct tiny_decoder *self);

#endif
