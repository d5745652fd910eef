/* Several threads submit, cancel, release and wait at random times. Every request is answered
 * exactly once, and one that runs to its end gives what it gives alone. */
#include "engine/decode/prng.h"
#include "tests/unit/decode/engine_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum {
    N_THREADS = 6,
    N_PROMPTS = 5,
    PROMPT = 70,
    TOKENS = 12,
    ROUNDS = SLOW_BUILD ? 25 : 150,
};

struct storm {
    struct engine *engine;
    int32_t prompts[N_PROMPTS][PROMPT];
    struct outcome expected[N_PROMPTS];
    atomic_uint submitted, refused, finished, cancelled;
    atomic_uint wrong; /* the test's asserts belong to its own thread */
};

struct worker {
    struct storm *storm;
    uint64_t seed;
    pthread_t thread;
};

static void sleep_up_to(struct prng *prng, unsigned microseconds) {
    struct timespec pause = {.tv_nsec = (long)(prng_next(prng) % (microseconds * 1000u + 1))};
    nanosleep(&pause, NULL);
}

static struct engine_request_options request_of(const struct storm *storm, unsigned which) {
    return (struct engine_request_options){.prompt = storm->prompts[which],
                                           .n_prompt = PROMPT - which,
                                           .max_tokens = TOKENS,
                                           .sampling = {.temperature = 0.8f, .seed = which}};
}

static bool same(const struct outcome *a, const struct outcome *b) {
    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0 &&
           a->result.finish == b->result.finish &&
           a->result.completion_tokens == b->result.completion_tokens;
}

static void one_request(struct storm *storm, struct prng *prng) {
    unsigned which = (unsigned)(prng_next(prng) % N_PROMPTS);
    unsigned way = (unsigned)(prng_next(prng) % 6);
    struct outcome outcome;
    struct error err = ERROR_INIT;
    outcome_init(&outcome);
    if (way == 4) outcome.cancel_after = 1 + (unsigned)(prng_next(prng) % 4);
    struct engine_request *request =
        outcome_submit(&outcome, storm->engine, request_of(storm, which), &err);
    if (request == NULL) {
        if (err.code != ERROR_BUSY && err.code != ERROR_CANCELLED)
            atomic_fetch_add(&storm->wrong, 1);
        atomic_fetch_add(&storm->refused, 1);
        sleep_up_to(prng, 2000);
        outcome_release(&outcome);
        return;
    }
    atomic_fetch_add(&storm->submitted, 1);
    switch (way) {
    case 0:
        engine_cancel(request);
        break;
    case 1:
        sleep_up_to(prng, 3000);
        engine_cancel(request);
        break;
    case 2:
        sleep_up_to(prng, 40000);
        engine_cancel(request);
        break;
    default:
        break;
    }
    if (way == 3) {
        engine_request_release(request);
        outcome_wait_done(&outcome);
    } else {
        engine_wait(request);
        engine_request_release(request);
    }
    pthread_mutex_lock(&outcome.mutex); /* on_done may be leaving it still */
    bool cancelled = outcome.result.finish == FINISH_CANCELLED;
    if (outcome.done != 1 || outcome.broken_utf8 || outcome.text_after_done ||
        (!cancelled && !same(&outcome, &storm->expected[which])))
        atomic_fetch_add(&storm->wrong, 1);
    pthread_mutex_unlock(&outcome.mutex);
    atomic_fetch_add(cancelled ? &storm->cancelled : &storm->finished, 1);
    outcome_release(&outcome);
}

static void *work(void *user) {
    struct worker *worker = user;
    struct prng prng;
    prng_seed(&prng, worker->seed);
    for (int i = 0; i < ROUNDS; i++)
        one_request(worker->storm, &prng);
    return NULL;
}

static void start_storm(struct storm *storm) {
    memset(storm, 0, sizeof *storm);
    storm->engine = open_tiny();
    for (unsigned i = 0; i < N_PROMPTS; i++) {
        /* They share beginnings of different lengths. */
        tiny_prompt(1, storm->prompts[i], PROMPT);
        tiny_prompt(100 + i, storm->prompts[i] + 10 * i, PROMPT - 10 * i);
        outcome_init(&storm->expected[i]);
        run_request(storm->engine, request_of(storm, i), &storm->expected[i]);
    }
}

static void release_storm(struct storm *storm) {
    for (unsigned i = 0; i < N_PROMPTS; i++)
        outcome_release(&storm->expected[i]);
}

static void a_storm_of_requests_is_answered_request_by_request(void **state) {
    (void)state;
    static struct storm storm;
    struct worker workers[N_THREADS];
    start_storm(&storm);
    for (int i = 0; i < N_THREADS; i++) {
        workers[i] = (struct worker){.storm = &storm, .seed = 1000 + (uint64_t)i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    engine_close(storm.engine);
    assert_int_equal(storm.wrong, 0);
    assert_int_equal(storm.submitted, storm.finished + storm.cancelled);
    assert_int_equal(storm.submitted + storm.refused, N_THREADS * ROUNDS);
    assert_true(storm.finished > 0 && storm.cancelled > 0);
    release_storm(&storm);
}

static void closing_in_the_middle_answers_everything(void **state) {
    (void)state;
    enum { ENGINES = 6, REQUESTS = 30 };
    for (int round = 0; round < ENGINES; round++) {
        static struct storm storm;
        static struct outcome outcomes[REQUESTS];
        struct engine_request *handles[REQUESTS];
        struct prng prng;
        prng_seed(&prng, 50 + (uint64_t)round);
        start_storm(&storm);
        for (int i = 0; i < REQUESTS; i++) {
            outcome_init(&outcomes[i]);
            struct engine_request_options options = request_of(&storm, (unsigned)i % N_PROMPTS);
            handles[i] = outcome_submit(&outcomes[i], storm.engine, options, NULL);
            assert_non_null(handles[i]);
            if (i % 7 == 0) engine_cancel(handles[i]);
        }
        sleep_up_to(&prng, 20000);
        engine_close(storm.engine);
        for (int i = 0; i < REQUESTS; i++) {
            assert_int_equal(outcomes[i].done, 1);
            if (outcomes[i].result.finish != FINISH_CANCELLED)
                assert_true(same(&outcomes[i], &storm.expected[i % N_PROMPTS]));
            engine_request_release(handles[i]);
            outcome_release(&outcomes[i]);
        }
        release_storm(&storm);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_storm_of_requests_is_answered_request_by_request),
        cmocka_unit_test(closing_in_the_middle_answers_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
