/* Random weights in the layouts of a model file, the same bytes on every machine. */
#ifndef AERIE_TESTS_SUPPORT_RANDOM_BLOCKS_H
#define AERIE_TESTS_SUPPORT_RANDOM_BLOCKS_H

#include "kernels/tensor.h"

/* SplitMix64 (Steele, Lea, Flood 2014). Any start value will do. */
struct random_bits {
    uint64_t state;
};
uint64_t random_next(struct random_bits *self);

/* Uniform in [-1, 1), a multiple of 2^-23: exact in float32 everywhere. */
float random_signed(struct random_bits *self);

/* One row of n random weights, mean near 0 and standard deviation near sigma, as the type stores
 * them: random quants in every bit, scales that differ from block to block. n is a multiple of the
 * block size; out has tensor_row_bytes(type, n) bytes. */
void random_row(struct random_bits *self, enum tensor_type type, float sigma, void *out, size_t n);

#endif
