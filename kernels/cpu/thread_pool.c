#include "kernels/cpu/thread_pool.h"

#include "base/clock.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    SPIN_NS = 100 * 1000, /* longer than the gaps inside a step, shorter than those between steps */
    PAUSES_PER_CLOCK = 64,
};

struct thread_pool {
    /* Number of the job << 32 | chunks not claimed yet. A claim is a compare-and-swap of the whole
     * word, so a thread that slept through a job cannot claim from it. */
    _Alignas(64) _Atomic uint64_t ticket;
    _Alignas(64) atomic_uint done; /* chunks of this job that are finished */
    /* The job. Written only while no chunk is unclaimed, hence constant for whoever claims one. */
    _Alignas(64) _Atomic(thread_pool_job *) job;
    _Atomic(void *) arg;
    atomic_uint n_chunks;

    atomic_uint sleepers;
    atomic_bool caller_sleeps;
    atomic_bool stop;
    pthread_mutex_t mutex; /* guards only the sleeping */
    pthread_cond_t work, finished;

    unsigned n_threads; /* with the caller */
    struct worker {
        struct thread_pool *pool;
        unsigned index;
        pthread_t thread;
    } * workers; /* [n_threads - 1] */
};

static void cpu_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static uint32_t unclaimed(struct thread_pool *self) {
    return (uint32_t)atomic_load(&self->ticket);
}

static void do_chunks(struct thread_pool *self, unsigned thread) {
    uint64_t ticket = atomic_load(&self->ticket);
    while ((uint32_t)ticket != 0) {
        thread_pool_job *job = atomic_load_explicit(&self->job, memory_order_relaxed);
        void *arg = atomic_load_explicit(&self->arg, memory_order_relaxed);
        unsigned n_chunks = atomic_load_explicit(&self->n_chunks, memory_order_relaxed);
        if (!atomic_compare_exchange_weak(&self->ticket, &ticket, ticket - 1)) continue;
        job(arg, n_chunks - (uint32_t)ticket, thread);
        if (atomic_fetch_add(&self->done, 1) + 1 == n_chunks && atomic_load(&self->caller_sleeps)) {
            pthread_mutex_lock(&self->mutex);
            pthread_cond_signal(&self->finished);
            pthread_mutex_unlock(&self->mutex);
        }
        ticket = atomic_load(&self->ticket);
    }
}

static bool has_work(struct thread_pool *self) {
    return unclaimed(self) != 0 || atomic_load(&self->stop);
}

static bool is_finished(struct thread_pool *self) {
    return atomic_load(&self->done) == atomic_load(&self->n_chunks);
}

/* True as soon as the condition holds, false if it did not for SPIN_NS. */
static bool spin_until(struct thread_pool *self, bool (*condition)(struct thread_pool *)) {
    uint64_t start = clock_ns();
    do {
        for (int i = 0; i < PAUSES_PER_CLOCK; i++) {
            if (condition(self)) return true;
            cpu_pause();
        }
    } while (clock_ns() - start < SPIN_NS);
    return false;
}

static void *work(void *arg) {
    struct worker *worker = arg;
    struct thread_pool *self = worker->pool;
    while (!atomic_load(&self->stop)) {
        if (!spin_until(self, has_work)) {
            /* Announced before the last look at the ticket; the caller publishes a ticket before it
             * looks for sleepers: one of the two sees the other. */
            pthread_mutex_lock(&self->mutex);
            atomic_fetch_add(&self->sleepers, 1);
            while (!has_work(self))
                pthread_cond_wait(&self->work, &self->mutex);
            atomic_fetch_sub(&self->sleepers, 1);
            pthread_mutex_unlock(&self->mutex);
        }
        do_chunks(self, worker->index);
    }
    return NULL;
}

static void wake_sleepers(struct thread_pool *self) {
    if (atomic_load(&self->sleepers) == 0) return;
    pthread_mutex_lock(&self->mutex);
    pthread_cond_broadcast(&self->work);
    pthread_mutex_unlock(&self->mutex);
}

void thread_pool_run(struct thread_pool *self, thread_pool_job *job, void *arg, uint32_t n_chunks) {
    if (n_chunks <= 1 || self->n_threads == 1) {
        for (uint32_t i = 0; i < n_chunks; i++)
            job(arg, i, 0);
        return;
    }
    atomic_store_explicit(&self->job, job, memory_order_relaxed);
    atomic_store_explicit(&self->arg, arg, memory_order_relaxed);
    atomic_store_explicit(&self->n_chunks, n_chunks, memory_order_relaxed);
    atomic_store_explicit(&self->done, 0, memory_order_relaxed);
    uint64_t number = (atomic_load_explicit(&self->ticket, memory_order_relaxed) >> 32) + 1;
    atomic_store(&self->ticket, number << 32 | n_chunks);
    wake_sleepers(self);
    do_chunks(self, 0);
    if (spin_until(self, is_finished)) return;
    pthread_mutex_lock(&self->mutex);
    atomic_store(&self->caller_sleeps, true);
    while (!is_finished(self))
        pthread_cond_wait(&self->finished, &self->mutex);
    atomic_store(&self->caller_sleeps, false);
    pthread_mutex_unlock(&self->mutex);
}

unsigned thread_pool_size(const struct thread_pool *self) {
    return self->n_threads;
}

static void stop_workers(struct thread_pool *self, unsigned n_started) {
    pthread_mutex_lock(&self->mutex);
    atomic_store(&self->stop, true);
    pthread_cond_broadcast(&self->work);
    pthread_mutex_unlock(&self->mutex);
    for (unsigned i = 0; i < n_started; i++)
        pthread_join(self->workers[i].thread, NULL);
}

static void release(struct thread_pool *self) {
    pthread_cond_destroy(&self->finished);
    pthread_cond_destroy(&self->work);
    pthread_mutex_destroy(&self->mutex);
    free(self->workers);
    free(self);
}

struct thread_pool *thread_pool_create(unsigned n_threads, struct error *err) {
    struct thread_pool *self = aligned_alloc(64, sizeof *self);
    struct worker *workers = calloc(n_threads, sizeof *workers);
    if (self == NULL || workers == NULL) {
        free(self);
        free(workers);
        error_set(err, ERROR_MEMORY, "not enough memory for %u threads", n_threads);
        return NULL;
    }
    *self = (struct thread_pool){.n_threads = n_threads, .workers = workers};
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->work, NULL);
    pthread_cond_init(&self->finished, NULL);

    /* Signals are the business of the program's own threads. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = 0;
    unsigned started = 0;
    while (started + 1 < n_threads && failure == 0) {
        struct worker *worker = &workers[started];
        *worker = (struct worker){.pool = self, .index = started + 1};
        failure = pthread_create(&worker->thread, NULL, work, worker);
        if (failure == 0) started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure == 0) return self;
    error_set_errno(err, ERROR_BACKEND, failure, "cannot start thread %u of %u", started + 2,
                    n_threads);
    stop_workers(self, started);
    release(self);
    return NULL;
}

void thread_pool_free(struct thread_pool *self) {
    if (self == NULL) return;
    stop_workers(self, self->n_threads - 1);
    release(self);
}
