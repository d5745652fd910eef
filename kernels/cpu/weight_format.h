/* How one type of weights is multiplied on one instruction set.
 *
 * A format reads the bytes of a model file in place, or a copy in an order it likes better
 * (repack). It has one kernel for each regime of a step:
 *
 *   gemv   one token: bound by reading the weights
 *   few    2 .. WEIGHTS_FEW tokens (small batches, verified drafts): still reads them once
 *   gemm   more tokens (prefill): bound by arithmetic; weights are unpacked into panels
 *
 * Numerics: the bits of a (row, token) never depend on which thread computes it, on how rows are
 * cut into chunks, or on the other tokens of the step. A token verified in a batch, or fed in a
 * prompt cut anywhere, is the token decoded alone: reuse of a cached prefix and speculation lose
 * nothing. */
#ifndef AERIE_KERNELS_CPU_WEIGHT_FORMAT_H
#define AERIE_KERNELS_CPU_WEIGHT_FORMAT_H

#include "kernels/tensor.h"

enum { WEIGHTS_FEW = 16 };

/* Activations are padded with zeros to a multiple of this many columns. */
enum { ACTIVATION_PAD = 32 };

struct weight_format;

/* A matrix ready to be multiplied. */
struct weights {
    const struct weight_format *format;
    size_t rows;
    size_t cols;
    size_t row_bytes;
    const uint8_t *data; /* the file's bytes, or `copy` */
    void *copy;          /* owned; NULL where the file is read in place */
};

/* y[t][r] = sum over c of x[t][c] * w[r][c], for t < n and rows [first_row, end_row). */
struct matmul {
    const struct weights *w;
    const float *x; /* [n × x_stride], zeros from cols up to the next multiple of ACTIVATION_PAD */
    size_t x_stride; /* floats */
    float *y;        /* [n × y_stride] */
    size_t y_stride; /* floats */
    size_t n;
};

struct weight_format {
    enum tensor_type type;
    uint32_t row_multiple; /* chunks of rows start at multiples of this */

    /* Bytes of the repacked copy, and the copying of rows [first_row, end_row), both multiples of
     * row_multiple or the end. NULL: weights are read in place. */
    uint64_t (*repacked_bytes)(const struct tensor *tensor);
    void (*repack)(const struct tensor *tensor, size_t first_row, size_t end_row, void *out);

    void (*gemv)(const struct matmul *m, size_t first_row, size_t end_row);
    void (*few)(const struct matmul *m, size_t first_row, size_t end_row);
    /* scratch: as many floats as the instruction set's gemm_scratch says */
    void (*gemm)(const struct matmul *m, size_t first_row, size_t end_row, float *scratch);
};

#endif
