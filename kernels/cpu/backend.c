#include "kernels/cpu/backend.h"

#include "kernels/cpu/kv_cache.h"
#include "kernels/cpu/topology.h"

#include <stdlib.h>

static struct backend *open_isa(const char *isa, const struct backend_options *options,
                                struct error *err) {
    struct cpu_backend *self = calloc(1, sizeof *self);
    if (self == NULL) {
        error_set(err, ERROR_MEMORY, "not enough memory for the cpu backend");
        return NULL;
    }
    self->isa = cpu_isa_choose(isa);
    if (self->isa == NULL) {
        error_set(err, ERROR_UNSUPPORTED, "this processor cannot run the %s kernels",
                  isa != NULL ? isa : "cpu");
        goto fail;
    }
    unsigned threads = options->threads != 0 ? options->threads : topology_usable_cores();
    if (threads > THREAD_POOL_MAX) {
        error_set(err, ERROR_ARGUMENT, "%u threads are too many; the limit is %d", threads,
                  THREAD_POOL_MAX);
        goto fail;
    }
    self->pool = thread_pool_create(threads, err);
    if (self->pool == NULL) goto fail;
    self->base.info.threads = threads;
    cpu_isa_describe(self->isa, self->base.info.device, sizeof self->base.info.device);
    return &self->base;
fail:
    free(self);
    return NULL;
}

static struct backend *cpu_open(const struct backend_options *options, struct error *err) {
    return open_isa(NULL, options, err);
}

struct backend *cpu_backend_open_isa(const char *isa, const struct backend_options *options,
                                     struct error *err) {
    struct backend *self = open_isa(isa, options, err);
    if (self == NULL) return NULL;
    self->ops = &cpu_backend_ops;
    self->info.name = cpu_backend_ops.name;
    self->info.max_step_tokens = options->max_step_tokens != 0 ? options->max_step_tokens : 512;
    return self;
}

static void cpu_close(struct backend *base) {
    struct cpu_backend *self = (struct cpu_backend *)base;
    thread_pool_free(self->pool);
    free(self);
}

const struct backend_ops cpu_backend_ops = {
    .name = "cpu",
    .open = cpu_open,
    .close = cpu_close,
    .decoder_create = cpu_decoder_create,
    .decoder_free = cpu_decoder_free,
    .kv_create = cpu_kv_create,
    .kv_free = cpu_kv_free,
    .kv_copy_page = cpu_kv_copy_page,
    .forward = cpu_decoder_forward,
};
