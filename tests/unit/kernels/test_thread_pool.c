/* The thread pool: every chunk once, no job before the last one is over, idle threads sleep. */
#include "kernels/cpu/thread_pool.h"
#include "kernels/cpu/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST_CHUNKS = 1000 };

struct tally {
    unsigned done[MOST_CHUNKS]; /* not atomic: a chunk belongs to one thread */
    unsigned threads;
};

static void count(void *arg, uint32_t chunk, unsigned thread) {
    struct tally *tally = arg;
    assert_true(thread < tally->threads);
    tally->done[chunk]++;
}

static struct thread_pool *open_pool(unsigned n) {
    struct error err = ERROR_INIT;
    struct thread_pool *pool = thread_pool_create(n, &err);
    if (pool == NULL) fail_msg("%s", err.message);
    assert_int_equal(thread_pool_size(pool), n);
    return pool;
}

static void every_chunk_is_done_exactly_once(void **state) {
    (void)state;
    static const uint32_t sizes[] = {0, 1, 2, 3, 7, 64, MOST_CHUNKS};
    for (unsigned n = 1; n <= 7; n++) {
        struct thread_pool *pool = open_pool(n);
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            struct tally tally = {.threads = n};
            thread_pool_run(pool, count, &tally, sizes[s]);
            for (uint32_t i = 0; i < MOST_CHUNKS; i++)
                assert_int_equal(tally.done[i], i < sizes[s] ? 1 : 0);
        }
        thread_pool_free(pool);
    }
}

struct relay {
    unsigned values[8];
};

static void pass_on(void *arg, uint32_t chunk, unsigned thread) {
    (void)thread;
    struct relay *relays = arg;
    relays[1].values[chunk] = relays[0].values[7 - chunk] + 1;
}

/* Thousands of short jobs, each reading what all threads wrote in the one before. */
static void a_job_sees_all_of_the_job_before(void **state) {
    (void)state;
    struct thread_pool *pool = open_pool(3);
    struct relay relays[3] = {0};
    for (unsigned round = 0; round < 2000; round++) {
        thread_pool_run(pool, pass_on, &relays[0], 8);
        thread_pool_run(pool, pass_on, &relays[1], 8);
        relays[0] = relays[2];
        if (round % 500 == 0) usleep(1000); /* long enough for the others to fall asleep */
    }
    for (int i = 0; i < 8; i++)
        assert_int_equal(relays[0].values[i], 4000);
    thread_pool_free(pool);
}

static void idle_threads_use_no_processor(void **state) {
    (void)state;
    struct thread_pool *pool = open_pool(4);
    struct tally tally = {.threads = 4};
    thread_pool_run(pool, count, &tally, 100);
    struct timespec before, after;
    usleep(50 * 1000);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    usleep(200 * 1000);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    double used =
        (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) * 1e-9;
    /* Processor time, not time: three threads that spin would use 0.2 seconds even on one core. */
    assert_true(used < 0.1);
    thread_pool_free(pool);
}

static void pools_come_and_go(void **state) {
    (void)state;
    for (int i = 0; i < 50; i++) {
        struct thread_pool *pool = open_pool(1 + (unsigned)i % 5);
        struct tally tally = {.threads = 5};
        if (i % 2 == 0) thread_pool_run(pool, count, &tally, 10);
        thread_pool_free(pool);
    }
    thread_pool_free(NULL);
}

static void at_least_one_core_is_usable(void **state) {
    (void)state;
    unsigned cores = topology_usable_cores();
    assert_in_range(cores, 1, (unsigned)sysconf(_SC_NPROCESSORS_ONLN));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chunk_is_done_exactly_once),
        cmocka_unit_test(a_job_sees_all_of_the_job_before),
        cmocka_unit_test(idle_threads_use_no_processor),
        cmocka_unit_test(pools_come_and_go),
        cmocka_unit_test(at_least_one_core_is_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
