/* A step on the cpu backend. The order of operations is that of kernels.h; each function below is
 * one of its lines, or several that touch the same data, as one job of the thread pool. */
#include "kernels/cpu/decoder.h"

#include <math.h>
#include <string.h>

enum { TOKENS_PER_CHUNK = 8 };

static void for_tokens(struct cpu_decoder *self, thread_pool_job *job, uint32_t n_tokens) {
    thread_pool_run(self->pool, job, self, (n_tokens + TOKENS_PER_CHUNK - 1) / TOKENS_PER_CHUNK);
}

static uint32_t chunk_end(uint32_t chunk, uint32_t n_tokens) {
    uint32_t end = (chunk + 1) * TOKENS_PER_CHUNK;
    return end < n_tokens ? end : n_tokens;
}

/* ---- h = E[x], and the angles of every position ------------------------------------------- */

static void fill_angles(const struct cpu_decoder *self, uint32_t t) {
    const struct rope_config *rope = &self->spec.config.rope;
    uint32_t n = rope->n_dims, half = n / 2;
    float *cosines = self->cosines + (size_t)t * n, *sines = self->sines + (size_t)t * n;
    for (uint32_t j = 0; j < half; j++) {
        double angle = self->batch->positions[t] * self->frequencies[j];
        float cosine = (float)cos(angle), sine = (float)sin(angle);
        uint32_t first = rope->style == ROPE_ADJACENT ? 2 * j : j;
        uint32_t second = rope->style == ROPE_ADJACENT ? 2 * j + 1 : j + half;
        cosines[first] = cosines[second] = cosine;
        sines[first] = -sine;
        sines[second] = sine;
    }
}

static void embed_chunk(void *arg, uint32_t chunk, unsigned thread) {
    (void)thread;
    struct cpu_decoder *self = arg;
    const struct tensor *e = &self->spec.token_embedding;
    size_t row_bytes = (size_t)tensor_row_bytes(e->type, e->cols);
    uint32_t end = chunk_end(chunk, self->batch->n_tokens);
    for (uint32_t t = chunk * TOKENS_PER_CHUNK; t < end; t++) {
        const uint8_t *row = (const uint8_t *)e->data + (size_t)self->batch->ids[t] * row_bytes;
        tensor_dequantize(e->type, row, self->h + t * self->d_stride, (size_t)e->cols);
        fill_angles(self, t);
    }
}

/* ---- the residual stream and its norms ---------------------------------------------------- */

static void norm_chunk(void *arg, uint32_t chunk, unsigned thread) {
    (void)thread;
    struct cpu_decoder *self = arg;
    const struct decoder_config *c = &self->spec.config;
    uint32_t end = chunk_end(chunk, self->n_active);
    for (uint32_t t = chunk * TOKENS_PER_CHUNK; t < end; t++) {
        size_t row = t * self->d_stride;
        if (self->has_delta) self->isa->add(self->h + row, self->delta + row, c->d_model);
        self->isa->rms_norm(self->normed + row, self->h + row, self->norm_weight, c->norm_eps,
                            c->d_model);
    }
}

/* h += delta, if a block has left one, and normed = rms_norm(h) * weight. */
static void norm(struct cpu_decoder *self, const struct tensor *weight) {
    self->norm_weight = weight->data;
    for_tokens(self, norm_chunk, self->n_active);
    self->has_delta = false;
}

/* ---- products ----------------------------------------------------------------------------- */

static struct matmul product(const struct cpu_decoder *self, const struct weights *w,
                             const float *x, size_t x_stride, float *y, size_t y_stride) {
    return (struct matmul){
        .w = w, .x = x, .x_stride = x_stride, .y = y, .y_stride = y_stride, .n = self->n_active};
}

static void multiply(struct cpu_decoder *self, const struct matmul *products, unsigned n_products,
                     bool swiglu) {
    struct matmul_batch batch = {products, n_products, swiglu};
    matmul_run(&batch, self->isa, self->pool, self->scratch);
}

/* ---- q, k, v after their projections ------------------------------------------------------ */

/* Biases, per-head norms and rope of one token's heads. */
static void finish_heads(const struct cpu_decoder *self, float *heads, uint32_t n_heads, uint32_t t,
                         const struct tensor *bias, const struct tensor *head_norm) {
    const struct decoder_config *c = &self->spec.config;
    size_t angles = (size_t)t * c->rope.n_dims;
    if (bias->data != NULL) self->isa->add(heads, bias->data, (size_t)n_heads * c->head_dim);
    for (uint32_t i = 0; i < n_heads; i++) {
        float *head = heads + (size_t)i * c->head_dim;
        if (head_norm->data != NULL)
            self->isa->rms_norm(head, head, head_norm->data, c->norm_eps, c->head_dim);
        self->isa->rope(head, self->cosines + angles, self->sines + angles, c->rope.style,
                        c->rope.n_dims);
    }
}

static void store_chunk(void *arg, uint32_t chunk, unsigned thread) {
    (void)thread;
    struct cpu_decoder *self = arg;
    const struct decoder_config *c = &self->spec.config;
    const struct decoder_layer *layer = &self->spec.layers[self->layer];
    const struct cpu_kv_cache *kv = self->kv;
    uint32_t end = chunk_end(chunk, self->batch->n_tokens);
    for (uint32_t t = chunk * TOKENS_PER_CHUNK; t < end; t++) {
        float *k = self->k + t * self->kv_stride, *v = self->v + t * self->kv_stride;
        finish_heads(self, self->q + t * self->q_stride, c->n_heads, t, &layer->bq, &layer->q_norm);
        finish_heads(self, k, c->n_kv_heads, t, &layer->bk, &layer->k_norm);
        if (layer->bv.data != NULL)
            self->isa->add(v, layer->bv.data, (size_t)c->n_kv_heads * c->head_dim);
        uint32_t position = self->batch->positions[t], slot = position % KV_PAGE_TOKENS;
        size_t page = self->batch->pages[t][position / KV_PAGE_TOKENS];
        for (uint32_t i = 0; i < c->n_kv_heads; i++) {
            uint16_t *keys = cpu_kv_keys(kv, self->layer, i) + page * kv->page_stride;
            uint16_t *values = keys + (size_t)c->head_dim * KV_PAGE_TOKENS;
            self->isa->store_key(keys + slot, k + (size_t)i * c->head_dim, c->head_dim);
            self->isa->store_value(values + slot * kv->value_stride, v + (size_t)i * c->head_dim,
                                   c->head_dim);
        }
    }
}

/* ---- attention ---------------------------------------------------------------------------- */

/* Heads of a group are cut into parts of at most ATTENTION_QUERIES. */
static uint32_t heads_per_tile(const struct decoder_config *c) {
    uint32_t group = c->n_heads / c->n_kv_heads;
    return group < ATTENTION_QUERIES ? group : ATTENTION_QUERIES;
}

static uint32_t parts_of_group(const struct decoder_config *c) {
    return (c->n_heads / c->n_kv_heads + heads_per_tile(c) - 1) / heads_per_tile(c);
}

/* Cuts the active rows into runs of one sequence, short enough for a tile. */
static void find_runs(struct cpu_decoder *self) {
    uint32_t longest = ATTENTION_QUERIES / heads_per_tile(&self->spec.config);
    const uint32_t *sequences = self->batch->sequences;
    self->n_runs = 0;
    for (uint32_t i = 0; i < self->n_active; i++) {
        struct query_run *last = &self->runs[self->n_runs - (self->n_runs > 0)];
        if (self->n_runs > 0 && last->n < longest &&
            sequences[self->active[i]] == sequences[self->active[i - 1]])
            last->n++;
        else
            self->runs[self->n_runs++] = (struct query_run){i, 1};
    }
}

static void attention_chunk(void *arg, uint32_t chunk, unsigned thread) {
    struct cpu_decoder *self = arg;
    const struct decoder_config *c = &self->spec.config;
    uint32_t n_parts = parts_of_group(c), group = c->n_heads / c->n_kv_heads;
    uint32_t per_run = c->n_kv_heads * n_parts;
    /* The last runs see the most positions: they go first, so that the end is balanced. */
    const struct query_run *run = &self->runs[self->n_runs - 1 - chunk / per_run];
    uint32_t kv_head = chunk % per_run / n_parts;
    uint32_t first_head = kv_head * group + chunk % n_parts * heads_per_tile(c);
    uint32_t end_head = first_head + heads_per_tile(c);
    if (end_head > (kv_head + 1) * group) end_head = (kv_head + 1) * group;

    struct attention_tile tile = {
        .keys = cpu_kv_keys(self->kv, self->layer, kv_head),
        .page_stride = self->kv->page_stride,
        .head_dim = c->head_dim,
        .value_stride = self->kv->value_stride,
        .pages = self->batch->pages[self->active[run->first]],
        .scale = 1.0f / sqrtf((float)c->head_dim),
        .clamp = c->attention_clamp,
        .scratch = self->scratch[thread],
    };
    for (uint32_t i = run->first; i < run->first + run->n; i++)
        for (uint32_t head = first_head; head < end_head; head++) {
            size_t at = i * self->q_stride + (size_t)head * c->head_dim;
            tile.positions[tile.n_queries] = self->batch->positions[self->active[i]];
            tile.q[tile.n_queries] = self->q + at;
            tile.out[tile.n_queries] = self->o + at;
            tile.n_queries++;
        }
    self->isa->attention(&tile);
}

static void attention(struct cpu_decoder *self) {
    const struct decoder_config *c = &self->spec.config;
    find_runs(self);
    thread_pool_run(self->pool, attention_chunk, self,
                    self->n_runs * c->n_kv_heads * parts_of_group(c));
}

/* ---- the layers --------------------------------------------------------------------------- */

/* Leaves only the rows whose logits are wanted: nothing else reads past this point. */
static void keep_wanted(struct cpu_decoder *self) {
    const struct batch *batch = self->batch;
    for (uint32_t i = 0; i < batch->n_wanted; i++) {
        uint32_t t = batch->wanted[i];
        self->active[i] = t;
        if (i == t) continue;
        memcpy(self->h + i * self->d_stride, self->h + t * self->d_stride,
               self->d_stride * sizeof *self->h);
        memcpy(self->q + i * self->q_stride, self->q + t * self->q_stride,
               self->q_stride * sizeof *self->q);
    }
    self->n_active = batch->n_wanted;
}

static void attention_block(struct cpu_decoder *self) {
    const struct decoder_layer *layer = &self->spec.layers[self->layer];
    const struct cpu_layer *weights = &self->layers[self->layer];
    norm(self, &layer->attention_norm);
    struct matmul qkv[] = {
        product(self, &weights->wq, self->normed, self->d_stride, self->q, self->q_stride),
        product(self, &weights->wk, self->normed, self->d_stride, self->k, self->kv_stride),
        product(self, &weights->wv, self->normed, self->d_stride, self->v, self->kv_stride),
    };
    multiply(self, qkv, 3, false);
    for_tokens(self, store_chunk, self->n_active);
    if (self->layer + 1 == self->spec.config.n_layers) keep_wanted(self);
    if (self->n_active == 0) return;
    attention(self);
    struct matmul out =
        product(self, &weights->wo, self->o, self->q_stride, self->delta, self->d_stride);
    multiply(self, &out, 1, false);
    self->has_delta = true;
}

static void feed_forward_block(struct cpu_decoder *self) {
    const struct cpu_layer *weights = &self->layers[self->layer];
    norm(self, &self->spec.layers[self->layer].ffn_norm);
    struct matmul gate_up[] = {
        product(self, &weights->w_gate, self->normed, self->d_stride, self->gate, self->ff_stride),
        product(self, &weights->w_up, self->normed, self->d_stride, self->up, self->ff_stride),
    };
    multiply(self, gate_up, 2, true);
    struct matmul down =
        product(self, &weights->w_down, self->gate, self->ff_stride, self->delta, self->d_stride);
    multiply(self, &down, 1, false);
    self->has_delta = true;
}

bool cpu_decoder_forward(struct decoder *base, struct kv_cache *kv, const struct batch *batch,
                         float *logits, struct error *err) {
    (void)err;
    struct cpu_decoder *self = (struct cpu_decoder *)base;
    self->batch = batch;
    self->kv = (struct cpu_kv_cache *)kv;
    self->n_active = batch->n_tokens;
    for (uint32_t t = 0; t < batch->n_tokens; t++)
        self->active[t] = t;
    self->has_delta = false;
    for_tokens(self, embed_chunk, batch->n_tokens);
    for (self->layer = 0; self->layer < self->spec.config.n_layers; self->layer++) {
        attention_block(self);
        if (self->n_active == 0) return true; /* the keys and values were all that was wanted */
        feed_forward_block(self);
    }
    norm(self, &self->spec.output_norm);
    struct matmul head = product(self, &self->output, self->normed, self->d_stride, logits,
                                 self->spec.config.n_vocab);
    multiply(self, &head, 1, false);
    return true;
}
