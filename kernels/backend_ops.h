/* What a backend implements. Private to kernels/: everyone else calls kernels.h, whose functions
 * (backend.c) check their arguments once for all backends and then come here.
 *
 * A backend embeds struct backend, struct decoder and struct kv_cache as the first member of its
 * own structs and allocates them; the public wrapper fills in the embedded part after the call that
 * creates it has returned. */
#ifndef AERIE_KERNELS_BACKEND_OPS_H
#define AERIE_KERNELS_BACKEND_OPS_H

#include "kernels/batch.h"
#include "kernels/kernels.h"

struct backend_ops {
    const char *name;

    /* threads and max_step_tokens of the options as the user gave them, 0 replaced in the latter.
     * Sets info.device and info.threads of the backend it returns. */
    struct backend *(*open)(const struct backend_options *options, struct error *err);
    void (*close)(struct backend *self);

    /* The spec has passed decoder_check. Sets extra_bytes and page_bytes. */
    struct decoder *(*decoder_create)(struct backend *backend, const struct decoder_spec *spec,
                                      const struct load_progress *progress, struct error *err);
    void (*decoder_free)(struct decoder *self);

    /* Pages start zeroed, so that garbage never enters a sum. */
    struct kv_cache *(*kv_create)(struct decoder *decoder, uint32_t n_pages, struct error *err);
    void (*kv_free)(struct kv_cache *self);
    void (*kv_copy_page)(struct kv_cache *self, uint32_t to, uint32_t from);

    /* The batch is checked: ids, positions and pages are in range, 1 .. max_step_tokens tokens.
     * logits is [n_wanted × n_vocab]. */
    bool (*forward)(struct decoder *self, struct kv_cache *kv, const struct batch *batch,
                    float *logits, struct error *err);
};

struct backend {
    const struct backend_ops *ops;
    struct backend_info info;
};

struct decoder {
    struct backend *backend;
    struct decoder_config config;
    struct batch batch; /* the step being run */
    uint64_t extra_bytes;
    uint64_t page_bytes;
};

struct kv_cache {
    struct decoder *decoder;
    uint32_t n_pages;
    uint8_t *page_marks; /* [n_pages], all zero between steps; see batch_fill */
};

extern const struct backend_ops reference_backend_ops;
extern const struct backend_ops cpu_backend_ops;

#endif
