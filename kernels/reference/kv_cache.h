/* Keys and values of the reference backend: float32, as the formula has them.
 *
 * Layout: [n_layers][n_pages][2: keys, values][KV_PAGE_TOKENS][n_kv_heads * head_dim]. */
#ifndef AERIE_KERNELS_REFERENCE_KV_CACHE_H
#define AERIE_KERNELS_REFERENCE_KV_CACHE_H

#include "kernels/backend_ops.h"
#include "kernels/reference/operations.h"

uint64_t reference_page_bytes(const struct decoder_config *config);
struct kv_cache *reference_kv_create(struct decoder *decoder, uint32_t n_pages, struct error *err);
void reference_kv_free(struct kv_cache *self);
void reference_kv_copy_page(struct kv_cache *self, uint32_t to, uint32_t from);

/* Stores key and value [n_kv_heads * head_dim] of one position. */
void reference_kv_write(struct kv_cache *self, uint32_t layer, uint32_t page, uint32_t slot,
                        const float *key, const float *value);

struct reference_kv_view reference_kv_view(const struct kv_cache *self, uint32_t layer,
                                           const uint32_t *pages);

#endif
