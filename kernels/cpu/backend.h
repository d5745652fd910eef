/* The cpu backend's own door, for tests and benchmarks. */
#ifndef AERIE_KERNELS_CPU_BACKEND_H
#define AERIE_KERNELS_CPU_BACKEND_H

#include "kernels/backend_ops.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/thread_pool.h"

struct cpu_backend {
    struct backend base;
    const struct cpu_isa *isa;
    struct thread_pool *pool;
};

/* backend_open("cpu") with the instruction set called `isa`; ERROR_UNSUPPORTED where this processor
 * lacks it. */
struct backend *cpu_backend_open_isa(const char *isa, const struct backend_options *options,
                                     struct error *err);

struct decoder *cpu_decoder_create(struct backend *backend, const struct decoder_spec *spec,
                                   const struct load_progress *progress, struct error *err);
void cpu_decoder_free(struct decoder *self);
bool cpu_decoder_forward(struct decoder *self, struct kv_cache *kv, const struct batch *batch,
                         float *logits, struct error *err);

#endif
