/* The registry of backends and the public face of whichever one was opened. */
#include "kernels/backend_ops.h"
#include "kernels/decoder_check.h"
#include "kernels/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_STEP_TOKENS = 512, MAX_STEP_TOKENS = 65536 };

/* Best first. */
static const struct backend_ops *const backends[] = {
    &cpu_backend_ops,
    &reference_backend_ops,
};
enum { N_BACKENDS = sizeof backends / sizeof backends[0] };

const char *const *backend_names(void) {
    static const char *const names[N_BACKENDS + 1] = {"cpu", "reference", NULL};
    return names;
}

static struct backend *open_one(const struct backend_ops *ops,
                                const struct backend_options *options, struct error *err) {
    struct backend *self = ops->open(options, err);
    if (self == NULL) return NULL;
    self->ops = ops;
    self->info.name = ops->name;
    self->info.max_step_tokens = options->max_step_tokens;
    return self;
}

static void list_names(char *out, size_t size) {
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < N_BACKENDS && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i == 0 ? "" : ", ",
                                 backends[i]->name);
}

struct backend *backend_open(const char *name, const struct backend_options *options,
                             struct error *err) {
    struct backend_options wanted = options != NULL ? *options : (struct backend_options){0};
    if (wanted.max_step_tokens == 0) wanted.max_step_tokens = DEFAULT_STEP_TOKENS;
    if (wanted.max_step_tokens > MAX_STEP_TOKENS) {
        error_set(err, ERROR_ARGUMENT, "a step of %u tokens is too large; the limit is %d",
                  wanted.max_step_tokens, MAX_STEP_TOKENS);
        return NULL;
    }
    if (name == NULL || strcmp(name, "auto") == 0) {
        struct error reason = ERROR_INIT; /* of the first, best one */
        for (int i = 0; i < N_BACKENDS; i++) {
            struct backend *self = open_one(backends[i], &wanted, &reason);
            if (self != NULL) return self;
        }
        error_set(err, reason.code, "no backend can run here: %s", reason.message);
        return NULL;
    }
    for (int i = 0; i < N_BACKENDS; i++)
        if (strcmp(name, backends[i]->name) == 0) return open_one(backends[i], &wanted, err);
    char known[128];
    list_names(known, sizeof known);
    error_set(err, ERROR_ARGUMENT, "no backend is called %s; there are auto, %s", name, known);
    return NULL;
}

void backend_close(struct backend *self) {
    if (self != NULL) self->ops->close(self);
}

const struct backend_info *backend_info(const struct backend *self) {
    return &self->info;
}

struct decoder *decoder_create(struct backend *backend, const struct decoder_spec *spec,
                               const struct load_progress *progress, struct error *err) {
    if (!decoder_check(spec, err)) return NULL;
    struct batch batch;
    if (!batch_init(&batch, backend->info.max_step_tokens, err)) return NULL;
    struct decoder *self = backend->ops->decoder_create(backend, spec, progress, err);
    if (self == NULL) {
        batch_release(&batch);
        return NULL;
    }
    self->backend = backend;
    self->config = spec->config;
    self->batch = batch;
    return self;
}

void decoder_free(struct decoder *self) {
    if (self == NULL) return;
    batch_release(&self->batch);
    self->backend->ops->decoder_free(self);
}

uint64_t decoder_extra_bytes(const struct decoder *self) {
    return self->extra_bytes;
}

uint64_t kv_page_bytes(const struct decoder *decoder) {
    return decoder->page_bytes;
}

struct kv_cache *kv_cache_create(struct decoder *decoder, uint32_t n_pages, struct error *err) {
    if (n_pages == 0) {
        error_set(err, ERROR_ARGUMENT, "a key/value cache needs at least one page");
        return NULL;
    }
    struct kv_cache *self = decoder->backend->ops->kv_create(decoder, n_pages, err);
    if (self == NULL) return NULL;
    self->decoder = decoder;
    self->n_pages = n_pages;
    self->page_marks = calloc(n_pages, 1);
    if (self->page_marks == NULL) {
        error_set(err, ERROR_MEMORY, "not enough memory for the table of %u pages", n_pages);
        kv_cache_free(self);
        return NULL;
    }
    return self;
}

void kv_cache_free(struct kv_cache *self) {
    if (self == NULL) return;
    free(self->page_marks);
    self->decoder->backend->ops->kv_free(self);
}

void kv_copy_page(struct kv_cache *self, uint32_t to, uint32_t from) {
    if (to == from || to >= self->n_pages || from >= self->n_pages) return;
    self->decoder->backend->ops->kv_copy_page(self, to, from);
}

bool decoder_forward(struct decoder *self, struct kv_cache *kv, const struct step *step,
                     float *logits, struct error *err) {
    if (kv == NULL || kv->decoder != self)
        return error_set(err, ERROR_ARGUMENT, "the key/value cache belongs to another decoder");
    struct batch_limits limits = {
        .n_vocab = self->config.n_vocab,
        .n_context = self->config.n_context,
        .n_pages = kv->n_pages,
        .page_marks = kv->page_marks,
    };
    if (!batch_fill(&self->batch, step, &limits, err)) return false;
    if (self->batch.n_wanted > 0 && logits == NULL)
        return error_set(err, ERROR_ARGUMENT, "logits are wanted but there is no room for them");
    return self->backend->ops->forward(self, kv, &self->batch, logits, err);
}
