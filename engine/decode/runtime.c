#include "engine/decode/runtime.h"
#include "engine/decode/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---- memory ---------------------------------------------------------------------------------- */

static uint32_t pages_for(uint32_t n_tokens) {
    return n_tokens / KV_PAGE_TOKENS + (n_tokens % KV_PAGE_TOKENS != 0);
}

/* Refuses what cannot fit before it drives the machine into swapping or the process into being
 * killed. `weights` are the bytes still to be paged in or copied. */
static bool check_memory(const struct runtime *self, uint64_t weights, uint64_t page_bytes,
                         struct error *err) {
    uint64_t available = memory_available("");
    uint64_t fixed = weights + (uint64_t)self->n_vocab * 32; /* logits, the sampler's candidates */
    uint64_t needed = fixed + page_bytes * self->n_pages;
    if (needed <= available) return true;
    char have[32], want[32], part[32];
    memory_format(available, have, sizeof have);
    memory_format(needed, want, sizeof want);
    uint64_t fitting =
        available > fixed && page_bytes > 0 ? (available - fixed) / page_bytes * KV_PAGE_TOKENS : 0;
    if (fitting >= 256)
        return error_set(err, ERROR_MEMORY,
                         "the model with a context of %u tokens needs %s of memory and %s are "
                         "available; a context of %llu tokens would fit",
                         self->n_context, want, have, (unsigned long long)fitting);
    return error_set(err, ERROR_MEMORY,
                     "the model needs %s of memory (%s of it weights) and %s are available; close "
                     "other programs or choose a smaller model",
                     want, memory_format(weights, part, sizeof part), have);
}

/* What the keys and values of a page take at the least, before the backend can say it: 16-bit
 * numbers. */
static uint64_t least_page_bytes(const struct decoder_config *config) {
    return (uint64_t)KV_PAGE_TOKENS * config->n_layers * 2 * config->n_kv_heads * config->head_dim *
           2;
}

/* ---- loading --------------------------------------------------------------------------------- */

static uint32_t choose_context(unsigned asked, uint32_t model) {
    uint32_t wanted = asked > 0 ? asked : RUNTIME_DEFAULT_CONTEXT;
    return model > 0 && model < wanted ? model : wanted;
}

static bool report(const struct engine_options *options, float fraction, struct error *err) {
    if (options->on_progress == NULL || options->on_progress(options->user, fraction)) return true;
    return error_set(err, ERROR_CANCELLED, "loading the model was cancelled");
}

static bool open_decoder(struct runtime *self, const struct engine_options *options,
                         struct error *err) {
    const struct decoder_spec *spec = model_decoder(self->model);
    uint64_t weights = model_weight_bytes(self->model);
    if (!check_memory(self, weights, least_page_bytes(&spec->config), err)) return false;

    struct backend_options backend_options = {.threads = options->threads};
    self->backend = backend_open(options->backend, &backend_options, err);
    if (self->backend == NULL) return false;
    self->max_step_tokens = backend_info(self->backend)->max_step_tokens;

    struct load_progress progress = {options->on_progress, options->user};
    self->decoder =
        decoder_create(self->backend, spec, options->on_progress != NULL ? &progress : NULL, err);
    if (self->decoder == NULL) return false;
    /* Copies the backend made are taken already; of the mapped weights, count what they do not
     * replace. */
    uint64_t copied = decoder_extra_bytes(self->decoder);
    return check_memory(self, weights > copied ? weights - copied : 0, kv_page_bytes(self->decoder),
                        err);
}

static bool open_cache(struct runtime *self, struct error *err) {
    self->pages = malloc(sizeof *self->pages * self->n_pages);
    self->wants_none = calloc(self->max_step_tokens, 1);
    if (self->pages == NULL || self->wants_none == NULL)
        return error_set(err, ERROR_MEMORY, "no memory for a context of %u tokens",
                         self->n_context);
    for (uint32_t i = 0; i < self->n_pages; i++)
        self->pages[i] = i;
    self->kv = kv_cache_create(self->decoder, self->n_pages, err);
    self->kv_bytes = kv_page_bytes(self->decoder) * self->n_pages;
    return self->kv != NULL;
}

bool runtime_open(struct runtime *self, const struct engine_options *options, struct error *err) {
    *self = (struct runtime){0};
    if (options->model_path == NULL)
        return error_set(err, ERROR_ARGUMENT, "no model file was named");
    if (!report(options, 0, err)) return false;
    self->model = model_open(options->model_path, err);
    if (self->model == NULL) return false;
    const struct decoder_config *config = &model_decoder(self->model)->config;
    self->n_vocab = config->n_vocab;
    self->n_context = choose_context(options->context, config->n_context);
    self->n_pages = pages_for(self->n_context);
    if (open_decoder(self, options, err) && open_cache(self, err) && report(options, 1, err))
        return true;
    runtime_close(self);
    return false;
}

void runtime_close(struct runtime *self) {
    kv_cache_free(self->kv);
    free(self->wants_none);
    free(self->pages);
    decoder_free(self->decoder);
    backend_close(self->backend);
    model_close(self->model);
    *self = (struct runtime){0};
}

/* ---- steps ----------------------------------------------------------------------------------- */

static bool forward(struct runtime *self, const int32_t *tokens, uint32_t n_tokens, uint32_t first,
                    const uint8_t *wants_logits, float *logits, struct error *err) {
    struct step_sequence sequence = {tokens, n_tokens, first, self->pages};
    struct step step = {&sequence, 1, wants_logits};
    return decoder_forward(self->decoder, self->kv, &step, logits, err);
}

bool runtime_forward(struct runtime *self, const int32_t *tokens, uint32_t n_tokens, uint32_t first,
                     float *logits, struct error *err) {
    const uint8_t *wants = logits != NULL ? NULL : self->wants_none;
    return forward(self, tokens, n_tokens, first, wants, logits, err);
}

bool runtime_verify(struct runtime *self, const int32_t *tokens, uint32_t n_tokens, uint32_t first,
                    float *logits, struct error *err) {
    uint8_t *wants = malloc(n_tokens);
    if (wants == NULL) return error_set(err, ERROR_MEMORY, "no memory for a step");
    memset(wants, 1, n_tokens);
    bool done = forward(self, tokens, n_tokens, first, wants, logits, err);
    free(wants);
    return done;
}
