#include "kernels/cpu/kv_cache.h"

#include "kernels/memory.h"

#include <stdlib.h>
#include <string.h>

size_t cpu_kv_value_stride(const struct decoder_config *c) {
    return ((size_t)c->head_dim + 15) / 16 * 16;
}

static uint64_t head_stride(const struct decoder_config *c) {
    return KV_PAGE_TOKENS * ((uint64_t)c->head_dim + cpu_kv_value_stride(c));
}

uint64_t cpu_kv_page_bytes(const struct decoder_config *c) {
    uint64_t layer_bytes = memory_product(head_stride(c) * sizeof(uint16_t), c->n_kv_heads);
    return memory_product(layer_bytes, c->n_layers);
}

struct kv_cache *cpu_kv_create(struct decoder *decoder, uint32_t n_pages, struct error *err) {
    const struct decoder_config *c = &decoder->config;
    struct cpu_kv_cache *self = calloc(1, sizeof *self);
    if (self == NULL) {
        error_set(err, ERROR_MEMORY, "not enough memory for a key/value cache");
        return NULL;
    }
    self->data = memory_allocate(memory_product(cpu_kv_page_bytes(c), n_pages),
                                 "the keys and values of the context", err);
    if (self->data == NULL) {
        free(self);
        return NULL;
    }
    self->value_stride = cpu_kv_value_stride(c);
    self->head_stride = (size_t)head_stride(c);
    self->page_stride = self->head_stride * c->n_kv_heads;
    self->layer_stride = self->page_stride * n_pages;
    self->n_layers = c->n_layers;
    return &self->base;
}

void cpu_kv_free(struct kv_cache *base) {
    struct cpu_kv_cache *self = (struct cpu_kv_cache *)base;
    memory_free(self->data);
    free(self);
}

void cpu_kv_copy_page(struct kv_cache *base, uint32_t to, uint32_t from) {
    struct cpu_kv_cache *self = (struct cpu_kv_cache *)base;
    for (uint32_t layer = 0; layer < self->n_layers; layer++) {
        uint16_t *pages = self->data + layer * self->layer_stride;
        memcpy(pages + to * self->page_stride, pages + from * self->page_stride,
               self->page_stride * sizeof *pages);
    }
}

uint16_t *cpu_kv_keys(const struct cpu_kv_cache *self, uint32_t layer, uint32_t kv_head) {
    return self->data + layer * self->layer_stride + kv_head * self->head_stride;
}
