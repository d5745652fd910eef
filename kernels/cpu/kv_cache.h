/* Keys and values of the cpu backend, in half precision.
 *
 * Layout: [n_layers][n_pages][n_kv_heads] heads, each as attention.h describes: its keys
 * transposed, [head_dim][KV_PAGE_TOKENS], then its values, [KV_PAGE_TOKENS][value_stride]. */
#ifndef AERIE_KERNELS_CPU_KV_CACHE_H
#define AERIE_KERNELS_CPU_KV_CACHE_H

#include "kernels/backend_ops.h"

struct cpu_kv_cache {
    struct kv_cache base;
    size_t value_stride; /* head_dim rounded up to 16 */
    size_t head_stride;  /* halves of one head of one page */
    size_t page_stride;
    size_t layer_stride;
    uint32_t n_layers;
    uint16_t *data;
};

size_t cpu_kv_value_stride(const struct decoder_config *config);
uint64_t cpu_kv_page_bytes(const struct decoder_config *config);

struct kv_cache *cpu_kv_create(struct decoder *decoder, uint32_t n_pages, struct error *err);
void cpu_kv_free(struct kv_cache *self);
void cpu_kv_copy_page(struct kv_cache *self, uint32_t to, uint32_t from);

/* The keys of a layer and key/value head in page 0. */
uint16_t *cpu_kv_keys(const struct cpu_kv_cache *self, uint32_t layer, uint32_t kv_head);

#endif
