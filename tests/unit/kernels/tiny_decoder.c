#include "tests/unit/kernels/tiny_decoder.h"

#include "tests/support/random_blocks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct tiny_decoder {
    struct decoder_spec spec;
    struct decoder_layer *layers;
    struct random_bits random;
    void *buffers[256];
    size_t n_buffers;
};

static void *allocate(struct tiny_decoder *self, size_t bytes) {
    assert_true(self->n_buffers < sizeof self->buffers / sizeof self->buffers[0]);
    void *buffer = malloc(bytes);
    assert_non_null(buffer);
    return self->buffers[self->n_buffers++] = buffer;
}

static struct tensor matrix(struct tiny_decoder *self, enum tensor_type type, size_t rows,
                            size_t cols) {
    size_t row_bytes = (size_t)tensor_row_bytes(type, cols);
    uint8_t *data = allocate(self, rows * row_bytes);
    for (size_t r = 0; r < rows; r++)
        random_row(&self->random, type, 0.08f, data + r * row_bytes, cols);
    return (struct tensor){type, rows, cols, data};
}

/* Values within `spread` of `middle`. */
static struct tensor vector(struct tiny_decoder *self, size_t n, float middle, float spread) {
    float *data = allocate(self, n * sizeof *data);
    for (size_t i = 0; i < n; i++)
        data[i] = middle + spread * random_signed(&self->random);
    return (struct tensor){TENSOR_F32, 1, n, data};
}

struct tiny_decoder *tiny_create(const struct tiny_options *o) {
    struct tiny_decoder *self = calloc(1, sizeof *self);
    assert_non_null(self);
    self->random.state = o->d_model * 7 + o->n_heads;
    self->layers = calloc(o->n_layers, sizeof *self->layers);
    assert_non_null(self->layers);
    self->spec.config = (struct decoder_config){
        .n_layers = o->n_layers,
        .d_model = o->d_model,
        .n_heads = o->n_heads,
        .n_kv_heads = o->n_kv_heads,
        .head_dim = o->head_dim,
        .d_ff = o->d_ff,
        .n_vocab = o->n_vocab,
        .n_context = 256,
        .norm_eps = 1e-5f,
        .attention_clamp = o->clamp,
        .rope = {.style = o->style,
                 .n_dims = o->rope_dims != 0 ? o->rope_dims : o->head_dim,
                 .base = 10000,
                 .position_scale = 1},
    };
    if (o->frequency_factors)
        self->spec.config.rope.frequency_factors =
            vector(self, self->spec.config.rope.n_dims / 2, 2, 1).data;
    size_t q_dim = (size_t)o->n_heads * o->head_dim, kv_dim = (size_t)o->n_kv_heads * o->head_dim;
    for (uint32_t i = 0; i < o->n_layers; i++) {
        struct decoder_layer *layer = &self->layers[i];
        layer->attention_norm = vector(self, o->d_model, 1, 0.3f);
        layer->wq = matrix(self, o->type, q_dim, o->d_model);
        layer->wk = matrix(self, o->type, kv_dim, o->d_model);
        layer->wv = matrix(self, o->type, kv_dim, o->d_model);
        if (o->biases) {
            layer->bq = vector(self, q_dim, 0, 1);
            layer->bk = vector(self, kv_dim, 0, 3);
            layer->bv = vector(self, kv_dim, 0, 0.3f);
        }
        if (o->head_norms) {
            layer->q_norm = vector(self, o->head_dim, 1, 0.5f);
            layer->k_norm = vector(self, o->head_dim, 1, 0.5f);
        }
        layer->wo = matrix(self, o->type, o->d_model, q_dim);
        layer->ffn_norm = vector(self, o->d_model, 1, 0.3f);
        layer->w_gate = matrix(self, o->type, o->d_ff, o->d_model);
        layer->w_up = matrix(self, o->type, o->d_ff, o->d_model);
        layer->w_down = matrix(self, o->type, o->d_model, o->d_ff);
    }
    self->spec.layers = self->layers;
    self->spec.token_embedding = matrix(self, o->type, o->n_vocab, o->d_model);
    self->spec.output_norm = vector(self, o->d_model, 1, 0.3f);
    self->spec.output =
        o->untied ? matrix(self, o->type, o->n_vocab, o->d_model) : self->spec.token_embedding;
    return self;
}

void tiny_free(struct tiny_decoder *self) {
    for (size_t i = 0; i < self->n_buffers; i++)
        free(self->buffers[i]);
    free(self->layers);
    free(self);
}

const struct decoder_spec *tiny_spec(const struct tiny_decoder *self) {
    return &self->spec;
}
