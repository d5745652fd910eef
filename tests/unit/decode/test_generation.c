/* One request after another on one thread: which tokens come, and what the cache holds after each
 * way to end. */
#include "engine/decode/generation.h"
#include "tests/unit/decode/engine_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PROMPT = 100, TOKENS = 40, ALL = PROMPT + TOKENS };

struct bench {
    struct runtime runtime;
    struct tokenizer *tokenizer;
    struct generation generation;
    unsigned steps_allowed; /* keep_going says no after that many */
};

static bool keep_going(void *user) {
    struct bench *bench = user;
    if (bench->steps_allowed == 0) return false;
    bench->steps_allowed--;
    return true;
}

static int open_bench(void **state) {
    struct bench *bench = calloc(1, sizeof *bench);
    struct engine_options options = {.model_path = tiny_model(), .backend = "reference"};
    struct error err = ERROR_INIT;
    if (bench == NULL || !runtime_open(&bench->runtime, &options, &err)) return -1;
    bench->tokenizer = model_create_tokenizer(bench->runtime.model, &err);
    if (bench->tokenizer == NULL || !generation_init(&bench->generation, &bench->runtime,
                                                     bench->tokenizer, keep_going, bench, &err))
        return -1;
    bench->steps_allowed = UINT32_MAX;
    *state = bench;
    return 0;
}

static int close_bench(void **state) {
    struct bench *bench = *state;
    generation_release(&bench->generation);
    tokenizer_free(bench->tokenizer);
    runtime_close(&bench->runtime);
    free(bench);
    return 0;
}

static struct engine_result run(struct bench *bench, struct engine_request_options options) {
    struct error err = ERROR_INIT;
    struct engine_request *request =
        request_create(&options, bench->runtime.n_vocab, bench->runtime.n_context, &err);
    if (request == NULL) fail_msg("%s", err.message);
    generation_run(&bench->generation, request);
    struct engine_result result = request->result;
    request_unref(request);
    request_unref(request);
    return result;
}

/* As if nothing had run before. */
static void forget(struct bench *bench) {
    prefix_truncate(&bench->generation.cached, 0);
}

static const struct sampling some_sampling = {.temperature = 0.8f, .top_p = 0.95f, .seed = 11};

/* A sampled text of TOKENS tokens behind the prompt of seed 1; the model's end tokens come by
 * chance alone, so a seed is looked for with which none does. */
static struct engine_request_options long_request(struct bench *bench, const int32_t *prompt) {
    struct engine_request_options options = {
        .prompt = prompt, .n_prompt = PROMPT, .max_tokens = TOKENS, .sampling = some_sampling};
    for (; options.sampling.seed < 100; options.sampling.seed++) {
        forget(bench);
        if (run(bench, options).finish == FINISH_LENGTH) break;
    }
    forget(bench);
    return options;
}

/* The tokens computed: the prompt and what was generated, all but the last token. */
static void assert_cache(const struct bench *bench, const int32_t *expected, uint32_t n) {
    assert_int_equal(bench->generation.cached.length, n);
    assert_memory_equal(bench->generation.cached.tokens, expected, sizeof *expected * n);
}

static void chunks_of_any_size_give_the_same_tokens(void **state) {
    struct bench *bench = *state;
    int32_t prompt[PROMPT], expected[ALL];
    tiny_prompt(1, prompt, PROMPT);
    struct engine_request_options options = long_request(bench, prompt);
    const struct sampling greedy = {0};
    const struct sampling *samplings[] = {&options.sampling, &greedy};
    for (int s = 0; s < 2; s++) {
        struct engine_request_options each = options;
        each.sampling = *samplings[s];
        uint32_t n = 0;
        static const uint32_t sizes[] = {512, 1, 7, 16, 33, 99};
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            forget(bench);
            chunk_init(&bench->generation.chunk, sizes[i]);
            struct engine_result result = run(bench, each);
            assert_int_equal(result.cached_tokens, 0);
            if (i == 0) {
                n = bench->generation.cached.length;
                assert_true(n > PROMPT);
                memcpy(expected, bench->generation.cached.tokens, sizeof *expected * n);
            }
            assert_cache(bench, expected, n);
        }
    }
}

static void a_reused_prefix_gives_the_tokens_of_a_fresh_start(void **state) {
    struct bench *bench = *state;
    int32_t prompt[PROMPT], expected[ALL];
    tiny_prompt(1, prompt, PROMPT);
    struct engine_request_options options = long_request(bench, prompt);
    run(bench, options);
    uint32_t n = bench->generation.cached.length;
    assert_int_equal(n, ALL - 1);
    memcpy(expected, bench->generation.cached.tokens, sizeof *expected * n);

    static const struct {
        uint32_t same; /* tokens the earlier prompt shares */
        uint32_t n_other;
        uint32_t reused;
    } cases[] = {
        {0, 50, 0},     {1, 50, 1},   {31, 80, 31},   {32, 80, 32}, /* a page's border */
        {33, 33, 33},   {99, 99, 99}, {100, 100, 99}, /* the whole prompt: its last token is
                                                         computed again */
        {100, 120, 99},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t other[ALL];
        tiny_prompt(77, other, ALL);
        memcpy(other, prompt, sizeof *other * cases[i].same);
        if (cases[i].same < PROMPT) other[cases[i].same] = prompt[cases[i].same] ^ 1;
        forget(bench);
        run(bench, (struct engine_request_options){
                       .prompt = other, .n_prompt = cases[i].n_other, .max_tokens = 1});
        struct engine_result result = run(bench, options);
        assert_int_equal(result.cached_tokens, cases[i].reused);
        assert_cache(bench, expected, n);
    }
}

static void a_conversation_reuses_what_was_generated(void **state) {
    struct bench *bench = *state;
    int32_t prompt[PROMPT], next[ALL];
    tiny_prompt(1, prompt, PROMPT);
    run(bench, long_request(bench, prompt));
    uint32_t n = bench->generation.cached.length;
    memcpy(next, bench->generation.cached.tokens, sizeof *next * n);
    next[n] = 42;
    struct engine_result result = run(
        bench, (struct engine_request_options){.prompt = next, .n_prompt = n + 1, .max_tokens = 1});
    assert_int_equal(result.cached_tokens, n);
}

static void cancelled_in_prefill_it_keeps_what_was_computed(void **state) {
    struct bench *bench = *state;
    int32_t prompt[PROMPT], expected[ALL];
    tiny_prompt(1, prompt, PROMPT);
    struct engine_request_options options = long_request(bench, prompt);
    run(bench, options);
    uint32_t n = bench->generation.cached.length;
    memcpy(expected, bench->generation.cached.tokens, sizeof *expected * n);

    forget(bench);
    chunk_init(&bench->generation.chunk, 16);
    bench->steps_allowed = 3;
    struct engine_result result = run(bench, options);
    assert_int_equal(result.finish, FINISH_CANCELLED);
    assert_int_equal(result.completion_tokens, 0);
    assert_cache(bench, prompt, 48);

    bench->steps_allowed = UINT32_MAX;
    result = run(bench, options);
    assert_int_equal(result.cached_tokens, 48);
    assert_cache(bench, expected, n);
}

static void cancelled_before_its_start_it_costs_nobody_the_cache(void **state) {
    struct bench *bench = *state;
    int32_t prompt[PROMPT], other[20];
    tiny_prompt(1, prompt, PROMPT);
    tiny_prompt(9, other, 20);
    struct engine_request_options options = long_request(bench, prompt);
    run(bench, options);
    bench->steps_allowed = 0;
    struct engine_result result =
        run(bench, (struct engine_request_options){.prompt = other, .n_prompt = 20});
    assert_int_equal(result.finish, FINISH_CANCELLED);
    assert_int_equal(result.cached_tokens, 0);
    bench->steps_allowed = UINT32_MAX;
    assert_int_equal(run(bench, options).cached_tokens, PROMPT - 1);
}

static void cancelled_in_decode_it_stops_before_the_next_step(void **state) {
    struct bench *bench = *state;
    int32_t prompt[PROMPT];
    tiny_prompt(1, prompt, PROMPT);
    struct engine_request_options options = long_request(bench, prompt);
    bench->generation.chunk.tokens_per_ms = 1e6; /* the prompt in one step */
    bench->steps_allowed = 1 + 2 * 5;            /* asked before choosing and before computing */
    struct engine_result result = run(bench, options);
    assert_int_equal(result.finish, FINISH_CANCELLED);
    assert_in_range(result.completion_tokens, 4, 5);
    assert_int_equal(bench->generation.cached.length, PROMPT + 5);
}

static void a_full_context_ends_it(void **state) {
    struct bench *bench = *state;
    int32_t prompt[TINY_CONTEXT];
    tiny_prompt(3, prompt, TINY_CONTEXT);
    for (uint32_t n = TINY_CONTEXT - 3; n < TINY_CONTEXT; n++) {
        struct engine_result result = {0};
        for (uint64_t seed = 0; seed < 50 && result.finish != FINISH_LENGTH; seed++)
            result =
                run(bench,
                    (struct engine_request_options){.prompt = prompt,
                                                    .n_prompt = n,
                                                    .max_tokens = seed % 2 ? 0 : 1000,
                                                    .sampling = {.temperature = 1, .seed = seed}});
        assert_int_equal(result.finish, FINISH_LENGTH);
        assert_int_equal(result.completion_tokens, TINY_CONTEXT - n);
    }
}

static void a_stop_token_ends_it_and_does_not_count(void **state) {
    struct bench *bench = *state;
    int32_t prompt[PROMPT];
    tiny_prompt(1, prompt, PROMPT);
    struct engine_request_options options = long_request(bench, prompt);
    run(bench, options);
    for (uint32_t at = PROMPT; at < PROMPT + 10; at++) {
        int32_t stop = bench->generation.cached.tokens[at];
        uint32_t first = PROMPT;
        while (bench->generation.cached.tokens[first] != stop)
            first++;
        struct engine_request_options stopped = options;
        stopped.stop_tokens = &stop;
        stopped.n_stop_tokens = 1;
        struct engine_result result = run(bench, stopped);
        assert_int_equal(result.finish, FINISH_STOP_TOKEN);
        assert_int_equal(result.completion_tokens, first - PROMPT);
        run(bench, options);
    }
}

static void the_models_own_end_token_ends_it(void **state) {
    struct bench *bench = *state;
    int32_t prompt[PROMPT];
    tiny_prompt(1, prompt, PROMPT);
    unsigned ended = 0;
    for (uint64_t seed = 0; seed < 60 && ended < 3; seed++) {
        struct engine_result result = run(
            bench, (struct engine_request_options){.prompt = prompt,
                                                   .n_prompt = PROMPT,
                                                   .max_tokens = 100,
                                                   .sampling = {.temperature = 2, .seed = seed}});
        if (result.finish != FINISH_STOP_TOKEN) continue;
        ended++;
        assert_true(result.completion_tokens < 100);
        for (uint32_t i = PROMPT; i < bench->generation.cached.length; i++)
            assert_false(tokenizer_is_end(bench->tokenizer, bench->generation.cached.tokens[i]));
    }
    assert_int_equal(ended, 3);
}

int main(void) {
#define STORY(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)
    const struct CMUnitTest tests[] = {
        STORY(chunks_of_any_size_give_the_same_tokens),
        STORY(a_reused_prefix_gives_the_tokens_of_a_fresh_start),
        STORY(a_conversation_reuses_what_was_generated),
        STORY(cancelled_in_prefill_it_keeps_what_was_computed),
        STORY(cancelled_before_its_start_it_costs_nobody_the_cache),
        STORY(cancelled_in_decode_it_stops_before_the_next_step),
        STORY(a_full_context_ends_it),
        STORY(a_stop_token_ends_it_and_does_not_count),
        STORY(the_models_own_end_token_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
