/* From a decoder_spec to a cpu_decoder: weights made ready, buffers of a step allocated. */
#include "kernels/cpu/decoder.h"
#include "kernels/memory.h"

#include <math.h>
#include <stdlib.h>

static size_t padded(uint64_t n) {
    return (size_t)((n + ACTIVATION_PAD - 1) / ACTIVATION_PAD * ACTIVATION_PAD);
}

/* Reads a tensor in, so that the first step does not wait for the disk. */
static void touch(const struct tensor *tensor) {
    const volatile uint8_t *bytes = tensor->data;
    uint64_t n = tensor->rows * tensor_row_bytes(tensor->type, tensor->cols);
    for (uint64_t i = 0; i < n; i += 4096)
        (void)bytes[i];
}

static bool load_weights(struct cpu_decoder *self, struct weights *weights,
                         const struct tensor *tensor, struct error *err) {
    touch(tensor);
    if (!weights_init(weights, tensor, self->isa, self->pool, err)) return false;
    self->base.extra_bytes += weights_copied_bytes(weights);
    return true;
}

static bool report(const struct load_progress *progress, float fraction, struct error *err) {
    if (progress == NULL || progress->report == NULL) return true;
    return progress->report(progress->user, fraction) ||
           error_set(err, ERROR_CANCELLED, "the load was stopped");
}

static bool load_layers(struct cpu_decoder *self, const struct load_progress *progress,
                        struct error *err) {
    const struct decoder_spec *spec = &self->spec;
    uint32_t n = spec->config.n_layers;
    self->layers = calloc(n, sizeof *self->layers);
    if (self->layers == NULL)
        return error_set(err, ERROR_MEMORY, "not enough memory: %u layers", n);
    if (!report(progress, 0, err)) return false;
    for (uint32_t i = 0; i < n; i++) {
        const struct decoder_layer *from = &spec->layers[i];
        struct cpu_layer *to = &self->layers[i];
        if (!load_weights(self, &to->wq, &from->wq, err) ||
            !load_weights(self, &to->wk, &from->wk, err) ||
            !load_weights(self, &to->wv, &from->wv, err) ||
            !load_weights(self, &to->wo, &from->wo, err) ||
            !load_weights(self, &to->w_gate, &from->w_gate, err) ||
            !load_weights(self, &to->w_up, &from->w_up, err) ||
            !load_weights(self, &to->w_down, &from->w_down, err) ||
            !report(progress, (float)(i + 1) / (float)(n + 1), err))
            return false;
    }
    return load_weights(self, &self->output, &spec->output, err) && report(progress, 1, err);
}

static bool allocate(struct cpu_decoder *self, void *to, uint64_t n, size_t element,
                     struct error *err) {
    uint64_t bytes = memory_product(n, element);
    void *buffer = memory_allocate(bytes, "the activations of a step", err);
    if (buffer == NULL) return false;
    *(void **)to = buffer;
    self->base.extra_bytes += bytes;
    return true;
}

static bool allocate_buffers(struct cpu_decoder *self, uint64_t n, struct error *err) {
    const struct decoder_config *c = &self->spec.config;
    self->d_stride = padded(c->d_model);
    self->q_stride = padded((uint64_t)c->n_heads * c->head_dim);
    self->kv_stride = padded((uint64_t)c->n_kv_heads * c->head_dim);
    self->ff_stride = padded(c->d_ff);
    if (!allocate(self, &self->h, n * self->d_stride, sizeof(float), err) ||
        !allocate(self, &self->normed, n * self->d_stride, sizeof(float), err) ||
        !allocate(self, &self->delta, n * self->d_stride, sizeof(float), err) ||
        !allocate(self, &self->q, n * self->q_stride, sizeof(float), err) ||
        !allocate(self, &self->k, n * self->kv_stride, sizeof(float), err) ||
        !allocate(self, &self->v, n * self->kv_stride, sizeof(float), err) ||
        !allocate(self, &self->o, n * self->q_stride, sizeof(float), err) ||
        !allocate(self, &self->gate, n * self->ff_stride, sizeof(float), err) ||
        !allocate(self, &self->up, n * self->ff_stride, sizeof(float), err) ||
        !allocate(self, &self->cosines, n * c->rope.n_dims, sizeof(float), err) ||
        !allocate(self, &self->sines, n * c->rope.n_dims, sizeof(float), err) ||
        !allocate(self, &self->frequencies, c->rope.n_dims / 2, sizeof(double), err) ||
        !allocate(self, &self->active, n, sizeof *self->active, err) ||
        !allocate(self, &self->runs, n, sizeof *self->runs, err))
        return false;

    size_t scratch = ATTENTION_SCRATCH(cpu_kv_value_stride(c));
    const size_t widths[] = {self->d_stride, self->q_stride, self->ff_stride};
    for (int i = 0; i < 3; i++) {
        size_t floats = self->isa->gemm_scratch(widths[i]);
        if (scratch < floats) scratch = floats;
    }
    unsigned threads = thread_pool_size(self->pool);
    if (!allocate(self, &self->scratch, threads, sizeof *self->scratch, err)) return false;
    for (unsigned i = 0; i < threads; i++)
        if (!allocate(self, &self->scratch[i], scratch, sizeof(float), err)) return false;
    return true;
}

static void fill_frequencies(struct cpu_decoder *self) {
    const struct rope_config *rope = &self->spec.config.rope;
    for (uint32_t j = 0; j < rope->n_dims / 2; j++) {
        self->frequencies[j] = pow(rope->base, -2.0 * j / rope->n_dims) * rope->position_scale;
        if (rope->frequency_factors != NULL) self->frequencies[j] /= rope->frequency_factors[j];
    }
}

void cpu_decoder_free(struct decoder *base) {
    struct cpu_decoder *self = (struct cpu_decoder *)base;
    for (unsigned i = 0; self->scratch != NULL && i < thread_pool_size(self->pool); i++)
        memory_free(self->scratch[i]);
    void *buffers[] = {self->h,     self->normed, self->delta,       self->q,    self->k,
                       self->v,     self->o,      self->gate,        self->up,   self->cosines,
                       self->sines, self->active, self->frequencies, self->runs, self->scratch};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        memory_free(buffers[i]);
    for (uint32_t i = 0; self->layers != NULL && i < self->spec.config.n_layers; i++) {
        struct cpu_layer *layer = &self->layers[i];
        weights_release(&layer->wq);
        weights_release(&layer->wk);
        weights_release(&layer->wv);
        weights_release(&layer->wo);
        weights_release(&layer->w_gate);
        weights_release(&layer->w_up);
        weights_release(&layer->w_down);
    }
    free(self->layers);
    weights_release(&self->output);
    free(self);
}

struct decoder *cpu_decoder_create(struct backend *backend, const struct decoder_spec *spec,
                                   const struct load_progress *progress, struct error *err) {
    struct cpu_decoder *self = calloc(1, sizeof *self);
    if (self == NULL) {
        error_set(err, ERROR_MEMORY, "not enough memory for a decoder");
        return NULL;
    }
    self->spec = *spec;
    self->isa = ((struct cpu_backend *)backend)->isa;
    self->pool = ((struct cpu_backend *)backend)->pool;
    self->base.page_bytes = cpu_kv_page_bytes(&spec->config);
    if (!allocate_buffers(self, backend->info.max_step_tokens, err) ||
        !load_layers(self, progress, err)) {
        cpu_decoder_free(&self->base);
        return NULL;
    }
    fill_frequencies(self);
    return &self->base;
}
