#include "kernels/reference/kv_cache.h"

#include "kernels/memory.h"

#include <stdlib.h>
#include <string.h>

struct reference_kv_cache {
    struct kv_cache base;
    size_t kv_dim;       /* floats of one position: n_kv_heads * head_dim */
    size_t page_stride;  /* floats of one page of one layer: keys, then values */
    size_t layer_stride; /* floats of all pages of one layer */
    uint32_t n_layers;
    float *data;
};

uint64_t reference_page_bytes(const struct decoder_config *c) {
    uint64_t position_bytes = (uint64_t)c->n_kv_heads * c->head_dim * 2 * sizeof(float);
    return memory_product(memory_product(position_bytes, KV_PAGE_TOKENS), c->n_layers);
}

struct kv_cache *reference_kv_create(struct decoder *decoder, uint32_t n_pages, struct error *err) {
    const struct decoder_config *c = &decoder->config;
    struct reference_kv_cache *self = calloc(1, sizeof *self);
    if (self == NULL) {
        error_set(err, ERROR_MEMORY, "not enough memory for a key/value cache");
        return NULL;
    }
    self->data = memory_allocate(memory_product(reference_page_bytes(c), n_pages),
                                 "the keys and values of the context", err);
    if (self->data == NULL) {
        free(self);
        return NULL;
    }
    self->kv_dim = (size_t)c->n_kv_heads * c->head_dim;
    self->page_stride = 2 * KV_PAGE_TOKENS * self->kv_dim;
    self->layer_stride = n_pages * self->page_stride;
    self->n_layers = c->n_layers;
    return &self->base;
}

void reference_kv_free(struct kv_cache *base) {
    struct reference_kv_cache *self = (struct reference_kv_cache *)base;
    memory_free(self->data);
    free(self);
}

void reference_kv_copy_page(struct kv_cache *base, uint32_t to, uint32_t from) {
    struct reference_kv_cache *self = (struct reference_kv_cache *)base;
    for (uint32_t layer = 0; layer < self->n_layers; layer++) {
        float *pages = self->data + layer * self->layer_stride;
        memcpy(pages + to * self->page_stride, pages + from * self->page_stride,
               self->page_stride * sizeof *pages);
    }
}

void reference_kv_write(struct kv_cache *base, uint32_t layer, uint32_t page, uint32_t slot,
                        const float *key, const float *value) {
    struct reference_kv_cache *self = (struct reference_kv_cache *)base;
    float *keys = self->data + layer * self->layer_stride + page * self->page_stride;
    float *values = keys + KV_PAGE_TOKENS * self->kv_dim;
    memcpy(keys + slot * self->kv_dim, key, self->kv_dim * sizeof *key);
    memcpy(values + slot * self->kv_dim, value, self->kv_dim * sizeof *value);
}

struct reference_kv_view reference_kv_view(const struct kv_cache *base, uint32_t layer,
                                           const uint32_t *pages) {
    const struct reference_kv_cache *self = (const struct reference_kv_cache *)base;
    const float *keys = self->data + layer * self->layer_stride;
    return (struct reference_kv_view){
        .keys = keys,
        .values = keys + KV_PAGE_TOKENS * self->kv_dim,
        .pages = pages,
        .page_stride = self->page_stride,
    };
}
