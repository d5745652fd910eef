/* The engine's public face on a tiny model: requests, their callbacks, their ends. */
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/random_gguf.h"
#include "tests/unit/decode/engine_fixture.h"

#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PROMPT = 60, QUEUE = 64 };

static int open_engine(void **state) {
    *state = open_tiny();
    return 0;
}

static int close_engine(void **state) {
    engine_close(*state);
    return 0;
}

/* A request that samples `max_tokens` tokens and meets no end token on the way. */
static struct engine_request_options long_request(struct engine *engine, const int32_t *prompt,
                                                  uint32_t max_tokens) {
    struct engine_request_options options = {.prompt = prompt,
                                             .n_prompt = PROMPT,
                                             .max_tokens = max_tokens,
                                             .sampling = {.temperature = 0.9f, .seed = 1}};
    for (; options.sampling.seed < 200; options.sampling.seed++) {
        struct outcome outcome;
        outcome_init(&outcome);
        run_request(engine, options, &outcome);
        bool long_enough = outcome.result.finish == FINISH_LENGTH;
        outcome_release(&outcome);
        if (long_enough) return options;
    }
    fail_msg("no seed gives %u tokens", max_tokens);
    return options;
}

/* ---- what comes ------------------------------------------------------------------------------ */

static void info_describes_the_model(void **state) {
    const struct engine_info *info = engine_info(*state);
    assert_string_equal(info->architecture, "llama");
    assert_string_equal(info->backend, "reference");
    assert_int_equal(info->n_context, TINY_CONTEXT);
    assert_int_equal(info->n_vocab, TINY_VOCAB);
    assert_true(strlen(info->model_name) > 0 && strlen(info->device) > 0);
    assert_true(info->threads >= 1 && info->kv_bytes > 0);
    assert_true(info->n_parameters > 0 && info->model_bytes >= info->n_parameters);
    const struct tokenizer *tokenizer = engine_tokenizer(*state);
    assert_int_equal(info->fim_prefix, tokenizer_fim_prefix(tokenizer));
    assert_true(info->fim_prefix > 0 && info->fim_suffix > 0 && info->fim_middle > 0);
}

static void the_same_request_gives_the_same_text(void **state) {
    int32_t prompt[PROMPT];
    tiny_prompt(1, prompt, PROMPT);
    static const struct sampling samplings[] = {
        {0},
        {.temperature = 1, .seed = 7},
        {.temperature = 0.7f, .top_k = 40, .top_p = 0.9f, .seed = 7},
    };
    struct outcome outcomes[3][2];
    for (int i = 0; i < 3; i++)
        for (int again = 0; again < 2; again++) {
            outcome_init(&outcomes[i][again]);
            run_request(*state,
                        (struct engine_request_options){.prompt = prompt,
                                                        .n_prompt = PROMPT,
                                                        .max_tokens = 50,
                                                        .sampling = samplings[i]},
                        &outcomes[i][again]);
        }
    for (int i = 0; i < 3; i++) {
        assert_same_outcome(&outcomes[i][0], &outcomes[i][1]);
        assert_true(outcomes[i][0].length > 0);
        assert_true(outcomes[i][0].result.mean_log_probability < 0);
    }
    assert_int_equal(outcomes[0][1].result.cached_tokens, PROMPT - 1);
    assert_string_not_equal(outcomes[0][0].text, outcomes[1][0].text);
    for (int i = 0; i < 3; i++)
        for (int again = 0; again < 2; again++)
            outcome_release(&outcomes[i][again]);
}

static void other_seeds_give_other_texts(void **state) {
    int32_t prompt[PROMPT];
    tiny_prompt(1, prompt, PROMPT);
    struct outcome first, second;
    outcome_init(&first);
    outcome_init(&second);
    struct engine_request_options options = {.prompt = prompt,
                                             .n_prompt = PROMPT,
                                             .max_tokens = 50,
                                             .sampling = {.temperature = 1, .seed = 7}};
    run_request(*state, options, &first);
    options.sampling.seed = 8;
    run_request(*state, options, &second);
    assert_true(first.length != second.length ||
                memcmp(first.text, second.text, first.length) != 0);
    outcome_release(&first);
    outcome_release(&second);
}

static void streamed_pieces_are_whole_characters(void **state) {
    int32_t prompt[PROMPT];
    unsigned pieces = 0, replaced = 0;
    for (uint64_t seed = 0; seed < 12; seed++) {
        tiny_prompt(seed, prompt, PROMPT);
        struct outcome outcome;
        outcome_init(&outcome);
        run_request(
            *state, /* checks every piece */
            (struct engine_request_options){.prompt = prompt,
                                            .n_prompt = PROMPT,
                                            .max_tokens = 150,
                                            .sampling = {.temperature = 1.5f, .seed = seed}},
            &outcome);
        pieces += outcome.pieces;
        if (strstr(outcome.text, "\xef\xbf\xbd") != NULL) replaced++;
        outcome_release(&outcome);
    }
    assert_true(pieces > 200);
    assert_true(replaced > 0); /* there was something to repair */
}

static void max_tokens_and_the_context_bound_the_text(void **state) {
    int32_t prompt[TINY_CONTEXT];
    tiny_prompt(2, prompt, TINY_CONTEXT);
    static const uint32_t limits[] = {1, 2, 31};
    for (size_t i = 0; i < 3; i++) {
        struct engine_request_options options = long_request(*state, prompt, limits[i]);
        struct outcome outcome;
        outcome_init(&outcome);
        run_request(*state, options, &outcome);
        assert_int_equal(outcome.result.completion_tokens, limits[i]);
        outcome_release(&outcome);
    }
    struct outcome full;
    outcome_init(&full);
    run_request(*state,
                (struct engine_request_options){.prompt = prompt, .n_prompt = TINY_CONTEXT - 1},
                &full);
    assert_true(full.result.completion_tokens <= 1);
    outcome_release(&full);
}

static void a_stop_string_ends_the_text_before_itself(void **state) {
    int32_t prompt[PROMPT];
    tiny_prompt(1, prompt, PROMPT);
    struct engine_request_options options = long_request(*state, prompt, 60);
    struct outcome whole;
    outcome_init(&whole);
    run_request(*state, options, &whole);
    whole.text[whole.length] = '\0';

    /* Every stretch of three characters of the text, as a stop string. */
    unsigned tried = 0;
    for (size_t at = 0; at + 12 < whole.length && tried < 20; at++) {
        char stop[16];
        size_t n = 0;
        for (int characters = 0; n == 0 || characters < 3; n++) {
            if (((unsigned char)whole.text[at + n] & 0xc0) != 0x80 && characters++ == 3) break;
            stop[n] = whole.text[at + n];
        }
        stop[n] = '\0';
        if (strlen(stop) != n || !is_valid_utf8(stop, n)) continue;
        tried++;
        struct engine_request_options stopped = options;
        stopped.stop_strings = (const char *const[]){"never in there at all", stop};
        stopped.n_stop_strings = 2;
        struct outcome outcome;
        outcome_init(&outcome);
        run_request(*state, stopped, &outcome);
        assert_int_equal(outcome.result.finish, FINISH_STOP_STRING);
        assert_int_equal(outcome.length, strstr(whole.text, stop) - whole.text);
        assert_memory_equal(outcome.text, whole.text, outcome.length);
        outcome_release(&outcome);
    }
    assert_true(tried > 5);

    /* One that does not come changes nothing, though much of the text is held back for it. */
    char missing[64];
    snprintf(missing, sizeof missing, "%.30sX!", whole.text);
    while (!is_valid_utf8(missing, strlen(missing)))
        memmove(missing + strlen(missing) - 3, "X!", 3);
    struct engine_request_options unstopped = options;
    unstopped.stop_strings = (const char *const[]){missing};
    unstopped.n_stop_strings = 1;
    struct outcome outcome;
    outcome_init(&outcome);
    run_request(*state, unstopped, &outcome);
    assert_same_outcome(&whole, &outcome);
    outcome_release(&outcome);
    outcome_release(&whole);
}

static void the_consumer_may_end_it(void **state) {
    int32_t prompt[PROMPT];
    tiny_prompt(1, prompt, PROMPT);
    struct engine_request_options options = long_request(*state, prompt, 60);
    for (unsigned after = 1; after <= 3; after++) {
        struct outcome outcome;
        outcome_init(&outcome);
        outcome.stop_after = after;
        run_request(*state, options, &outcome);
        assert_int_equal(outcome.result.finish, FINISH_CONSUMER);
        assert_int_equal(outcome.pieces, after);
        outcome_release(&outcome);
    }
}

static void a_request_without_callbacks_runs(void **state) {
    int32_t prompt[PROMPT];
    tiny_prompt(1, prompt, PROMPT);
    struct engine_request_options options = {.prompt = prompt, .n_prompt = PROMPT, .max_tokens = 5};
    struct engine_request *request = engine_submit(*state, &options, NULL);
    assert_non_null(request);
    engine_wait(request);
    engine_request_release(request);
}

/* ---- cancelling ------------------------------------------------------------------------------ */

static void cancelled_from_inside_on_text_it_says_no_more(void **state) {
    int32_t prompt[PROMPT];
    tiny_prompt(1, prompt, PROMPT);
    struct engine_request_options options = long_request(*state, prompt, 60);
    struct outcome outcome;
    outcome_init(&outcome);
    outcome.cancel_after = 3;
    run_request(*state, options, &outcome);
    assert_int_equal(outcome.result.finish, FINISH_CANCELLED);
    assert_int_equal(outcome.pieces, 3);
    outcome_release(&outcome);
}

static void cancelled_while_it_waits_it_ends_before_its_turn(void **state) {
    int32_t prompt[PROMPT];
    tiny_prompt(1, prompt, PROMPT);
    struct engine_request_options options = long_request(*state, prompt, 60);
    struct outcome first, second, third;
    outcome_init(&first);
    outcome_init(&second);
    outcome_init(&third);
    first.allowed = 0;
    struct engine_request *a = outcome_submit(&first, *state, options, NULL);
    outcome_wait_pieces(&first, 1);
    struct engine_request *b = outcome_submit(&second, *state, options, NULL);
    struct engine_request *c = outcome_submit(&third, *state, options, NULL);
    engine_cancel(b);
    engine_cancel(b);
    /* The first goes on a little and stays busy; the second is told meanwhile. */
    outcome_allow(&first, 1);
    outcome_wait_done(&second);
    assert_int_equal(first.done, 0);
    assert_int_equal(second.result.finish, FINISH_CANCELLED);
    assert_int_equal(second.pieces, 0);
    assert_int_equal(second.result.prompt_tokens, PROMPT);
    outcome_allow(&first, UINT_MAX);
    engine_wait(a);
    engine_wait(c);
    assert_int_equal(first.result.finish, FINISH_LENGTH);
    assert_int_equal(third.result.finish, FINISH_LENGTH);
    assert_int_equal(first.done + second.done + third.done, 3);
    engine_request_release(a);
    engine_request_release(b);
    engine_request_release(c);
    outcome_release(&first);
    outcome_release(&second);
    outcome_release(&third);
}

static void cancelled_after_its_end_nothing_happens(void **state) {
    int32_t prompt[PROMPT];
    tiny_prompt(1, prompt, PROMPT);
    struct engine_request_options options = long_request(*state, prompt, 3);
    struct outcome outcome;
    outcome_init(&outcome);
    struct engine_request *request = outcome_submit(&outcome, *state, options, NULL);
    engine_wait(request);
    engine_cancel(request);
    engine_wait(request);
    assert_int_equal(outcome.done, 1);
    assert_int_equal(outcome.result.finish, FINISH_LENGTH);
    engine_request_release(request);
    outcome_release(&outcome);
}

static void a_handle_may_go_before_the_request_is_done(void **state) {
    int32_t prompt[PROMPT];
    tiny_prompt(1, prompt, PROMPT);
    struct engine_request_options options = long_request(*state, prompt, 20);
    struct outcome outcome;
    outcome_init(&outcome);
    engine_request_release(outcome_submit(&outcome, *state, options, NULL));
    engine_request_release(NULL);
    outcome_wait_done(&outcome);
    assert_int_equal(outcome.result.completion_tokens, 20);
    outcome_release(&outcome);
}

/* ---- the queue and the end ------------------------------------------------------------------- */

static void a_full_queue_refuses(void **state) {
    int32_t prompt[PROMPT];
    tiny_prompt(1, prompt, PROMPT);
    struct engine_request_options options = long_request(*state, prompt, 4);
    struct outcome first, rest[QUEUE], extra;
    struct engine_request *handles[QUEUE];
    outcome_init(&first);
    outcome_init(&extra);
    first.allowed = 0;
    struct engine_request *running = outcome_submit(&first, *state, options, NULL);
    outcome_wait_pieces(&first, 1);
    for (int i = 0; i < QUEUE; i++) {
        outcome_init(&rest[i]);
        handles[i] = outcome_submit(&rest[i], *state, options, NULL);
        assert_non_null(handles[i]);
    }
    struct error err = ERROR_INIT;
    assert_null(outcome_submit(&extra, *state, options, &err));
    assert_int_equal(err.code, ERROR_BUSY);
    outcome_allow(&first, UINT_MAX);
    for (int i = 0; i < QUEUE; i++) {
        engine_wait(handles[i]);
        assert_int_equal(rest[i].result.finish, FINISH_LENGTH);
        engine_request_release(handles[i]);
        outcome_release(&rest[i]);
    }
    assert_int_equal(extra.done, 0);
    engine_request_release(running);
    outcome_release(&first);
    outcome_release(&extra);
}

static void closing_ends_every_request_once(void **state) {
    (void)state;
    enum { N = 20 };
    struct engine *engine = open_tiny();
    int32_t prompt[PROMPT];
    tiny_prompt(1, prompt, PROMPT);
    struct engine_request_options options = long_request(engine, prompt, 100);
    struct outcome outcomes[N];
    struct engine_request *handles[N];
    for (int i = 0; i < N; i++) {
        outcome_init(&outcomes[i]);
        handles[i] = outcome_submit(&outcomes[i], engine, options, NULL);
        assert_non_null(handles[i]);
    }
    outcome_wait_pieces(&outcomes[0], 1);
    engine_close(engine);
    for (int i = 0; i < N; i++) {
        assert_int_equal(outcomes[i].done, 1);
        if (i == N - 1) assert_int_equal(outcomes[i].result.finish, FINISH_CANCELLED);
        engine_cancel(handles[i]); /* handles outlive the engine */
        engine_wait(handles[i]);
        engine_request_release(handles[i]);
        outcome_release(&outcomes[i]);
    }
}

struct resubmit {
    struct engine *engine;
    struct engine_request_options options;
    int left;
    enum error_code refused;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

static void submit_again(void *user, const struct engine_result *result) {
    (void)result;
    struct resubmit *self = user;
    pthread_mutex_lock(&self->mutex);
    if (--self->left > 0) {
        struct error err = ERROR_INIT;
        engine_request_release(engine_submit(self->engine, &self->options, &err));
        self->refused = err.code;
    }
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->mutex);
}

static void on_done_may_submit_the_next_request(void **state) {
    int32_t prompt[PROMPT];
    tiny_prompt(1, prompt, PROMPT);
    struct resubmit again = {.engine = *state, .left = 5};
    pthread_mutex_init(&again.mutex, NULL);
    pthread_cond_init(&again.changed, NULL);
    again.options = (struct engine_request_options){.prompt = prompt,
                                                    .n_prompt = PROMPT,
                                                    .max_tokens = 2,
                                                    .on_done = submit_again,
                                                    .user = &again};
    engine_request_release(engine_submit(*state, &again.options, NULL));
    pthread_mutex_lock(&again.mutex);
    while (again.left > 0 && again.refused == ERROR_NONE)
        pthread_cond_wait(&again.changed, &again.mutex);
    pthread_mutex_unlock(&again.mutex);
    assert_int_equal(again.left, 0);
    pthread_cond_destroy(&again.changed);
    pthread_mutex_destroy(&again.mutex);
}

static void a_closing_engine_refuses_requests(void **state) {
    (void)state;
    int32_t prompt[PROMPT];
    tiny_prompt(1, prompt, PROMPT);
    struct outcome outcome;
    outcome_init(&outcome);
    struct resubmit again = {.engine = open_tiny(), .left = 1 << 30};
    pthread_mutex_init(&again.mutex, NULL);
    pthread_cond_init(&again.changed, NULL);
    again.options = (struct engine_request_options){.prompt = prompt,
                                                    .n_prompt = PROMPT,
                                                    .max_tokens = 2,
                                                    .on_done = submit_again,
                                                    .user = &again};
    engine_request_release(engine_submit(again.engine, &again.options, NULL));
    engine_close(again.engine); /* would never end if it took what on_done submits */
    assert_int_equal(again.refused, ERROR_CANCELLED);
    pthread_cond_destroy(&again.changed);
    pthread_mutex_destroy(&again.mutex);
    outcome_release(&outcome);
}

/* ---- requests that make no sense ------------------------------------------------------------- */

static void senseless_requests_are_refused(void **state) {
    static int32_t many[TINY_CONTEXT + 1];
    static const int32_t negative[] = {1, -1}, beyond[] = {TINY_VOCAB}, fine[] = {1, 2, 3};
    static const char *const empty_stop[] = {""}, *const half_stop[] = {"a\xc3"};
    const struct engine_request_options cases[] = {
        {.prompt = fine, .n_prompt = 0},
        {.prompt = NULL, .n_prompt = 3},
        {.prompt = negative, .n_prompt = 2},
        {.prompt = beyond, .n_prompt = 1},
        {.prompt = many, .n_prompt = TINY_CONTEXT},
        {.prompt = many, .n_prompt = TINY_CONTEXT + 1},
        {.prompt = fine, .n_prompt = 3, .sampling = {.temperature = -1}},
        {.prompt = fine, .n_prompt = 3, .sampling = {.temperature = NAN}},
        {.prompt = fine, .n_prompt = 3, .sampling = {.top_p = 2}},
        {.prompt = fine, .n_prompt = 3, .stop_strings = empty_stop, .n_stop_strings = 1},
        {.prompt = fine, .n_prompt = 3, .stop_strings = half_stop, .n_stop_strings = 1},
        {.prompt = fine, .n_prompt = 3, .stop_tokens = beyond, .n_stop_tokens = 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = ERROR_INIT;
        assert_null(engine_submit(*state, &cases[i], &err));
        assert_int_equal(err.code, ERROR_ARGUMENT);
        assert_true(strlen(err.message) > 0);
    }
}

/* ---- opening --------------------------------------------------------------------------------- */

static void a_smaller_context_can_be_asked_for(void **state) {
    (void)state;
    static const struct {
        unsigned asked;
        uint32_t given;
    } cases[] = {{0, TINY_CONTEXT}, {100, 100}, {1, 1}, {TINY_CONTEXT * 10, TINY_CONTEXT}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = ERROR_INIT;
        struct engine *engine = engine_open(&(struct engine_options){.model_path = tiny_model(),
                                                                     .backend = "reference",
                                                                     .context = cases[i].asked},
                                            &err);
        assert_non_null(engine);
        assert_int_equal(engine_info(engine)->n_context, cases[i].given);
        engine_close(engine);
    }
}

struct loading {
    float last;
    unsigned calls, give_up_at;
    bool falling;
};

static bool on_progress(void *user, float fraction) {
    struct loading *self = user;
    if (fraction < self->last || fraction > 1) self->falling = true;
    self->last = fraction;
    return ++self->calls != self->give_up_at;
}

static void loading_is_reported_and_can_be_given_up(void **state) {
    (void)state;
    struct loading loading = {0};
    struct engine_options options = {.model_path = tiny_model(),
                                     .backend = "reference",
                                     .on_progress = on_progress,
                                     .user = &loading};
    engine_close(engine_open(&options, NULL));
    assert_false(loading.falling);
    assert_true(loading.last == 1);
    unsigned calls = loading.calls;
    assert_true(calls >= 2);
    for (unsigned i = 1; i <= calls; i++) {
        struct error err = ERROR_INIT;
        loading = (struct loading){.give_up_at = i};
        assert_null(engine_open(&options, &err));
        assert_int_equal(err.code, ERROR_CANCELLED);
    }
}

static void what_cannot_be_opened_is_explained(void **state) {
    (void)state;
    char missing[PATH_MAX], cut[PATH_MAX], text[PATH_MAX], huge[PATH_MAX];
    snprintf(missing, sizeof missing, "%s", fixture_path("missing.gguf"));
    snprintf(cut, sizeof cut, "%s", fixture_path("cut.gguf"));
    snprintf(text, sizeof text, "%s", fixture_path("text.gguf"));
    snprintf(huge, sizeof huge, "%s", fixture_path("huge.gguf"));
    const struct random_gguf tiny = {.d_model = 64, .d_ff = 128};
    assert_true(random_gguf_write(&tiny, cut, NULL));
    assert_int_equal(truncate(cut, 20000), 0);
    FILE *file = fopen(text, "w");
    assert_non_null(file);
    fputs("this is no model\n", file);
    fclose(file);
    /* Keys and values of terabytes. */
    const struct random_gguf wide = {.d_model = 64,
                                     .d_ff = 128,
                                     .n_layers = 8,
                                     .n_heads = 16,
                                     .n_kv_heads = 16,
                                     .head_dim = 256,
                                     .n_context = 1u << 24};
    assert_true(random_gguf_write(&wide, huge, NULL));

    const struct {
        struct engine_options options;
        enum error_code code;
    } cases[] = {
        {{.model_path = NULL}, ERROR_ARGUMENT},
        {{.model_path = missing}, ERROR_IO},
        {{.model_path = "/"}, ERROR_IO},
        {{.model_path = cut}, ERROR_FORMAT},
        {{.model_path = text}, ERROR_FORMAT},
        {{.model_path = tiny_model(), .backend = "abacus"}, ERROR_ARGUMENT},
        {{.model_path = huge, .backend = "reference", .context = 1u << 24}, ERROR_MEMORY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = ERROR_INIT;
        assert_null(engine_open(&cases[i].options, &err));
        assert_int_equal(err.code, cases[i].code);
        assert_true(strlen(err.message) > 0 && strchr(err.message, '\n') == NULL);
        if (err.code == ERROR_MEMORY) {
            assert_non_null(strstr(err.message, "available"));
            assert_non_null(strstr(err.message, "would fit"));
        }
    }
    engine_close(NULL);
}

int main(void) {
#define STORY(name) cmocka_unit_test_setup_teardown(name, open_engine, close_engine)
    const struct CMUnitTest tests[] = {
        STORY(info_describes_the_model),
        STORY(the_same_request_gives_the_same_text),
        STORY(other_seeds_give_other_texts),
        STORY(streamed_pieces_are_whole_characters),
        STORY(max_tokens_and_the_context_bound_the_text),
        STORY(a_stop_string_ends_the_text_before_itself),
        STORY(the_consumer_may_end_it),
        STORY(a_request_without_callbacks_runs),
        STORY(cancelled_from_inside_on_text_it_says_no_more),
        STORY(cancelled_while_it_waits_it_ends_before_its_turn),
        STORY(cancelled_after_its_end_nothing_happens),
        STORY(a_handle_may_go_before_the_request_is_done),
        STORY(a_full_queue_refuses),
        cmocka_unit_test(closing_ends_every_request_once),
        STORY(on_done_may_submit_the_next_request),
        cmocka_unit_test(a_closing_engine_refuses_requests),
        STORY(senseless_requests_are_refused),
        cmocka_unit_test(a_smaller_context_can_be_asked_for),
        cmocka_unit_test(loading_is_reported_and_can_be_given_up),
        cmocka_unit_test(what_cannot_be_opened_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
