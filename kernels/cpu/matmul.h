/* Matrix products over the threads of a pool. */
#ifndef AERIE_KERNELS_CPU_MATMUL_H
#define AERIE_KERNELS_CPU_MATMUL_H

#include "base/error.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/thread_pool.h"

/* Makes a tensor ready for products on `isa`, repacked by the pool where the format wants that. The
 * tensor's bytes must outlive it. ERROR_MEMORY. */
bool weights_init(struct weights *self, const struct tensor *tensor, const struct cpu_isa *isa,
                  struct thread_pool *pool, struct error *err);
void weights_release(struct weights *self);
uint64_t weights_copied_bytes(const struct weights *self);

/* Products that share their activations, or need no order among them, as one job. */
enum { MATMUL_BATCH = 3 };

struct matmul_batch {
    const struct matmul *products;
    unsigned n_products; /* 1 .. MATMUL_BATCH */
    /* Second product of two: its result gates the first's, y0 = silu(y0) * y1. */
    bool swiglu;
};

/* scratch[thread] has isa->gemm_scratch(cols) floats for the widest of the products. */
void matmul_run(const struct matmul_batch *batch, const struct cpu_isa *isa,
                struct thread_pool *pool, float *const *scratch);

#endif
