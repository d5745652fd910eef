/* The operations of the decoder in plain C, one a file: the judge of every faster kernel.
 *
 * Matrices are row-major and dense; x [n × k] means n rows of k floats. Nothing here allocates or
 * fails. */
#ifndef AERIE_KERNELS_REFERENCE_OPERATIONS_H
#define AERIE_KERNELS_REFERENCE_OPERATIONS_H

#include "kernels/kernels.h"

/* y [n × w.rows] = x [n × w.cols] wᵀ. `row` is scratch for w.cols floats. */
void reference_matmul(float *y, const float *x, const struct tensor *w, size_t n, float *row);

/* y [n × bias.cols] += bias in every row; nothing if the bias is absent. */
void reference_add_bias(float *y, const struct tensor *bias, size_t n);

/* y = x / sqrt(mean(x²) + eps) * weight, for each of n rows of k (Zhang and Sennrich 2019). y may
 * be x. */
void reference_rms_norm(float *y, const float *x, const float *weight, float eps, size_t n,
                        size_t k);

/* Turns n_heads heads of head_dim at v by the angles of `position` (Su et al. 2021). */
void reference_rope(float *v, const struct rope_config *rope, uint32_t position, uint32_t n_heads,
                    uint32_t head_dim);

/* One token's view of the cache: key and value of position p for key/value head 0 start at
 * keys + offset(p) and values + offset(p), where
 * offset(p) = pages[p / KV_PAGE_TOKENS] * page_stride + p % KV_PAGE_TOKENS * n_kv_heads * head_dim.
 */
struct reference_kv_view {
    const float *keys;
    const float *values;
    const uint32_t *pages;
    size_t page_stride; /* floats */
};

/* out [n_heads × head_dim] = attention of q [n_heads × head_dim] over positions 0..position.
 * `scores` is scratch for position + 1 floats. */
void reference_attention(float *out, const float *q, const struct reference_kv_view *kv,
                         uint32_t position, const struct decoder_config *config, float *scores);

/* gate = silu(gate) * up, where silu(z) = z / (1 + exp(-z)) (Shazeer 2020). */
void reference_swiglu(float *gate, const float *up, size_t n);

#endif
