/* Threads that share the chunks of one job at a time.
 *
 * The caller works too, so a pool of n has n - 1 threads of its own. Chunks are claimed one by one,
 * so an uneven machine or a thread that sleeps costs balance, never correctness. Idle threads spin
 * for a moment, because the jobs of a step follow each other within microseconds, and then sleep.
 */
#ifndef AERIE_KERNELS_CPU_THREAD_POOL_H
#define AERIE_KERNELS_CPU_THREAD_POOL_H

#include "base/error.h"

#include <stdint.h>

struct thread_pool;

enum { THREAD_POOL_MAX = 512 };

/* Does chunk `chunk` of a job; `thread` in 0 .. n_threads-1 picks scratch memory of its own. */
typedef void thread_pool_job(void *arg, uint32_t chunk, unsigned thread);

/* 1 <= n_threads <= THREAD_POOL_MAX. NULL on failure: ERROR_MEMORY, ERROR_BACKEND (no thread). */
struct thread_pool *thread_pool_create(unsigned n_threads, struct error *err);
void thread_pool_free(struct thread_pool *self); /* NULL is fine */

unsigned thread_pool_size(const struct thread_pool *self);

/* Runs job(arg, 0 .. n_chunks-1, …) and returns when all of it is done. One caller at a time. */
void thread_pool_run(struct thread_pool *self, thread_pool_job *job, void *arg, uint32_t n_chunks);

#endif
