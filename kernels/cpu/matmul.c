#include "kernels/cpu/matmul.h"

#include "kernels/memory.h"

enum {
    MIN_CHUNK_ROWS = 32,
    CHUNKS_PER_THREAD = 64, /* at most, so that claiming them costs nothing next to their work */
};

static size_t round_up(size_t n, size_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}

static size_t min_size(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t chunk_rows(const struct weights *w, size_t total_rows, unsigned n_threads) {
    size_t rows = total_rows / ((size_t)n_threads * CHUNKS_PER_THREAD);
    if (rows < MIN_CHUNK_ROWS) rows = MIN_CHUNK_ROWS;
    return round_up(rows, w->format->row_multiple);
}

/* ---- repacking --------------------------------------------------------------------------- */

struct repack_job {
    const struct tensor *tensor;
    struct weights *weights;
    size_t chunk;
};

static void repack_chunk(void *arg, uint32_t chunk, unsigned thread) {
    (void)thread;
    struct repack_job *job = arg;
    size_t first = chunk * job->chunk;
    job->weights->format->repack(
        job->tensor, first, min_size(first + job->chunk, job->tensor->rows), job->weights->copy);
}

bool weights_init(struct weights *self, const struct tensor *tensor, const struct cpu_isa *isa,
                  struct thread_pool *pool, struct error *err) {
    *self = (struct weights){
        .format = cpu_isa_format(isa, tensor->type),
        .rows = (size_t)tensor->rows,
        .cols = (size_t)tensor->cols,
        .row_bytes = (size_t)tensor_row_bytes(tensor->type, tensor->cols),
        .data = tensor->data,
    };
    if (self->format->repacked_bytes == NULL) return true;
    self->copy = memory_allocate(self->format->repacked_bytes(tensor), "repacked weights", err);
    if (self->copy == NULL) return false;
    self->data = self->copy;
    struct repack_job job = {tensor, self, chunk_rows(self, self->rows, thread_pool_size(pool))};
    thread_pool_run(pool, repack_chunk, &job, (uint32_t)((self->rows + job.chunk - 1) / job.chunk));
    return true;
}

void weights_release(struct weights *self) {
    memory_free(self->copy);
    *self = (struct weights){0};
}

uint64_t weights_copied_bytes(const struct weights *self) {
    if (self->copy == NULL) return 0;
    struct tensor tensor = {self->format->type, self->rows, self->cols, NULL};
    return self->format->repacked_bytes(&tensor);
}

/* ---- products ---------------------------------------------------------------------------- */

struct product_job {
    const struct matmul_batch *batch;
    const struct cpu_isa *isa;
    float *const *scratch;
    size_t chunk[MATMUL_BATCH];         /* rows of a chunk of each product */
    uint32_t first_chunk[MATMUL_BATCH]; /* number of its first chunk */
};

static void multiply(const struct matmul *m, size_t first_row, size_t end_row, float *scratch) {
    const struct weight_format *format = m->w->format;
    if (m->n == 1)
        format->gemv(m, first_row, end_row);
    else if (m->n <= WEIGHTS_FEW)
        format->few(m, first_row, end_row);
    else
        format->gemm(m, first_row, end_row, scratch);
}

static void product_chunk(void *arg, uint32_t chunk, unsigned thread) {
    const struct product_job *job = arg;
    unsigned p = job->batch->n_products - 1;
    while (chunk < job->first_chunk[p])
        p--;
    const struct matmul *m = &job->batch->products[p];
    size_t first = (chunk - job->first_chunk[p]) * job->chunk[p];
    multiply(m, first, min_size(first + job->chunk[p], m->w->rows), job->scratch[thread]);
}

/* The same rows of both products, and what they make of each other. */
static void swiglu_chunk(void *arg, uint32_t chunk, unsigned thread) {
    const struct product_job *job = arg;
    const struct matmul *gate = &job->batch->products[0], *up = &job->batch->products[1];
    size_t first = chunk * job->chunk[0], end = min_size(first + job->chunk[0], gate->w->rows);
    multiply(gate, first, end, job->scratch[thread]);
    multiply(up, first, end, job->scratch[thread]);
    for (size_t t = 0; t < gate->n; t++)
        job->isa->swiglu(gate->y + t * gate->y_stride + first, up->y + t * up->y_stride + first,
                         end - first);
}

void matmul_run(const struct matmul_batch *batch, const struct cpu_isa *isa,
                struct thread_pool *pool, float *const *scratch) {
    struct product_job job = {.batch = batch, .isa = isa, .scratch = scratch};
    size_t total_rows = 0;
    for (unsigned p = 0; p < batch->n_products; p++)
        total_rows += batch->products[p].w->rows;
    uint32_t n_chunks = 0, n_first = 0;
    for (unsigned p = 0; p < batch->n_products; p++) {
        const struct weights *w = batch->products[p].w;
        job.chunk[p] = chunk_rows(w, total_rows, thread_pool_size(pool));
        job.first_chunk[p] = n_chunks;
        n_chunks += (uint32_t)((w->rows + job.chunk[p] - 1) / job.chunk[p]);
        if (p == 0) n_first = n_chunks;
    }
    if (batch->swiglu)
        thread_pool_run(pool, swiglu_chunk, &job, n_first);
    else
        thread_pool_run(pool, product_chunk, &job, n_chunks);
}
