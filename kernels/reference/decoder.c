/* The reference backend: the decoder of kernels.h, line by line. One thread, no tricks. */
#include "kernels/backend_ops.h"
#include "kernels/memory.h"
#include "kernels/reference/kv_cache.h"
#include "kernels/reference/operations.h"

#include <stdio.h>
#include <stdlib.h>

struct reference_decoder {
    struct decoder base;
    struct decoder_spec spec;
    /* Scratch, for n tokens of a step. */
    float *h;      /* [n × d_model] the residual stream */
    float *normed; /* [n × d_model] */
    float *q;      /* [n × n_heads*head_dim] */
    float *k, *v;  /* [n × n_kv_heads*head_dim] */
    float *o;      /* [n × n_heads*head_dim] */
    float *delta;  /* [n × d_model] what a block adds to h */
    float *gate;   /* [n × d_ff] */
    float *up;     /* [n × d_ff] */
    float *row;    /* one dequantised row of any projection */
    float *scores; /* [n_context] */
};

static struct backend *reference_open(const struct backend_options *options, struct error *err) {
    (void)options;
    struct backend *self = calloc(1, sizeof *self);
    if (self == NULL) {
        error_set(err, ERROR_MEMORY, "not enough memory for the reference backend");
        return NULL;
    }
    snprintf(self->info.device, sizeof self->info.device, "plain C, one thread");
    self->info.threads = 1;
    return self;
}

static void reference_close(struct backend *self) {
    free(self);
}

static void reference_decoder_free(struct decoder *base) {
    struct reference_decoder *self = (struct reference_decoder *)base;
    float *buffers[] = {self->h,     self->normed, self->q,  self->k,   self->v,     self->o,
                        self->delta, self->gate,   self->up, self->row, self->scores};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        memory_free(buffers[i]);
    free(self);
}

static uint64_t max_u64(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static struct decoder *reference_decoder_create(struct backend *backend,
                                                const struct decoder_spec *spec,
                                                const struct load_progress *progress,
                                                struct error *err) {
    struct reference_decoder *self = calloc(1, sizeof *self);
    if (self == NULL) {
        error_set(err, ERROR_MEMORY, "not enough memory for a decoder");
        return NULL;
    }
    self->spec = *spec;
    const struct decoder_config *c = &spec->config;
    uint64_t n = backend->info.max_step_tokens;
    uint64_t q_dim = (uint64_t)c->n_heads * c->head_dim;
    uint64_t kv_dim = (uint64_t)c->n_kv_heads * c->head_dim;
    struct {
        float **buffer;
        uint64_t floats;
    } wanted[] = {
        {&self->h, n * c->d_model},     {&self->normed, n * c->d_model},
        {&self->q, n * q_dim},          {&self->k, n * kv_dim},
        {&self->v, n * kv_dim},         {&self->o, n * q_dim},
        {&self->delta, n * c->d_model}, {&self->gate, n * c->d_ff},
        {&self->up, n * c->d_ff},       {&self->row, max_u64(max_u64(c->d_model, c->d_ff), q_dim)},
        {&self->scores, c->n_context},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        uint64_t bytes = memory_product(wanted[i].floats, sizeof(float));
        *wanted[i].buffer = memory_allocate(bytes, "the activations of a step", err);
        if (*wanted[i].buffer == NULL) goto fail;
        self->base.extra_bytes += bytes;
    }
    self->base.page_bytes = reference_page_bytes(c);
    /* Nothing is repacked: the load is over as soon as it begins. */
    if (progress != NULL && progress->report != NULL && !progress->report(progress->user, 1.0f)) {
        error_set(err, ERROR_CANCELLED, "the load was stopped");
        goto fail;
    }
    return &self->base;
fail:
    reference_decoder_free(&self->base);
    return NULL;
}

static void add(float *to, const float *from, size_t n) {
    for (size_t i = 0; i < n; i++)
        to[i] += from[i];
}

static void embed(struct reference_decoder *self, const struct batch *batch) {
    const struct tensor *e = &self->spec.token_embedding;
    size_t row_bytes = (size_t)tensor_row_bytes(e->type, e->cols);
    for (uint32_t t = 0; t < batch->n_tokens; t++)
        tensor_dequantize(e->type, (const uint8_t *)e->data + (size_t)batch->ids[t] * row_bytes,
                          self->h + t * e->cols, e->cols);
}

/* h += attention(rms_norm(h)), and the new keys and values enter the cache. */
static void attention_block(struct reference_decoder *self, struct kv_cache *kv,
                            const struct batch *batch, uint32_t index) {
    const struct decoder_config *c = &self->spec.config;
    const struct decoder_layer *layer = &self->spec.layers[index];
    size_t n = batch->n_tokens, hd = c->head_dim, q_dim = c->n_heads * hd;
    size_t kv_dim = c->n_kv_heads * hd;

    reference_rms_norm(self->normed, self->h, layer->attention_norm.data, c->norm_eps, n,
                       c->d_model);
    reference_matmul(self->q, self->normed, &layer->wq, n, self->row);
    reference_matmul(self->k, self->normed, &layer->wk, n, self->row);
    reference_matmul(self->v, self->normed, &layer->wv, n, self->row);
    reference_add_bias(self->q, &layer->bq, n);
    reference_add_bias(self->k, &layer->bk, n);
    reference_add_bias(self->v, &layer->bv, n);
    if (layer->q_norm.data != NULL)
        reference_rms_norm(self->q, self->q, layer->q_norm.data, c->norm_eps, n * c->n_heads, hd);
    if (layer->k_norm.data != NULL)
        reference_rms_norm(self->k, self->k, layer->k_norm.data, c->norm_eps, n * c->n_kv_heads,
                           hd);
    for (uint32_t t = 0; t < n; t++) {
        uint32_t p = batch->positions[t];
        reference_rope(self->q + t * q_dim, &c->rope, p, c->n_heads, c->head_dim);
        reference_rope(self->k + t * kv_dim, &c->rope, p, c->n_kv_heads, c->head_dim);
        reference_kv_write(kv, index, batch->pages[t][p / KV_PAGE_TOKENS], p % KV_PAGE_TOKENS,
                           self->k + t * kv_dim, self->v + t * kv_dim);
    }
    for (uint32_t t = 0; t < n; t++) {
        struct reference_kv_view view = reference_kv_view(kv, index, batch->pages[t]);
        reference_attention(self->o + t * q_dim, self->q + t * q_dim, &view, batch->positions[t], c,
                            self->scores);
    }
    reference_matmul(self->delta, self->o, &layer->wo, n, self->row);
    add(self->h, self->delta, n * c->d_model);
}

/* h += feed_forward(rms_norm(h)). */
static void feed_forward_block(struct reference_decoder *self, const struct batch *batch,
                               uint32_t index) {
    const struct decoder_config *c = &self->spec.config;
    const struct decoder_layer *layer = &self->spec.layers[index];
    size_t n = batch->n_tokens;

    reference_rms_norm(self->normed, self->h, layer->ffn_norm.data, c->norm_eps, n, c->d_model);
    reference_matmul(self->gate, self->normed, &layer->w_gate, n, self->row);
    reference_matmul(self->up, self->normed, &layer->w_up, n, self->row);
    reference_swiglu(self->gate, self->up, n * c->d_ff);
    reference_matmul(self->delta, self->gate, &layer->w_down, n, self->row);
    add(self->h, self->delta, n * c->d_model);
}

static bool reference_forward(struct decoder *base, struct kv_cache *kv, const struct batch *batch,
                              float *logits, struct error *err) {
    (void)err;
    struct reference_decoder *self = (struct reference_decoder *)base;
    const struct decoder_config *c = &self->spec.config;
    embed(self, batch);
    for (uint32_t i = 0; i < c->n_layers; i++) {
        attention_block(self, kv, batch, i);
        feed_forward_block(self, batch, i);
    }
    for (uint32_t i = 0; i < batch->n_wanted; i++)
        reference_rms_norm(self->normed + (size_t)i * c->d_model,
                           self->h + (size_t)batch->wanted[i] * c->d_model,
                           self->spec.output_norm.data, c->norm_eps, 1, c->d_model);
    if (batch->n_wanted > 0)
        reference_matmul(logits, self->normed, &self->spec.output, batch->n_wanted, self->row);
    return true;
}

const struct backend_ops reference_backend_ops = {
    .name = "reference",
    .open = reference_open,
    .close = reference_close,
    .decoder_create = reference_decoder_create,
    .decoder_free = reference_decoder_free,
    .kv_create = reference_kv_create,
    .kv_free = reference_kv_free,
    .kv_copy_page = reference_kv_copy_page,
    .forward = reference_forward,
};
