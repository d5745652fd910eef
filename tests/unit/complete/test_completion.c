/* The life of a completion, on a real engine with a tiny model of random weights: what it says
 * makes no sense, but everything around it must hold. */
#include "fixture.h"
#include "lsp/complete/completion.h"
#include "tests/support/random_gguf.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct engine *engine, *filling_engine;

static struct engine *open_random(bool fim) {
    char path[] = "/tmp/aerie-completion-XXXXXX";
    int file = mkstemp(path);
    if (file < 0) return NULL;
    close(file);
    struct error err = ERROR_INIT;
    struct engine *opened = NULL;
    if (random_gguf_write(&(struct random_gguf){.fim = fim, .seed = 5}, path, &err))
        opened = engine_open(
            &(struct engine_options){.model_path = path, .backend = "reference", .threads = 1},
            &err);
    if (opened == NULL) fprintf(stderr, "%s\n", err.message);
    unlink(path);
    return opened;
}

static int open_engines(void **state) {
    (void)state;
    engine = open_random(false);
    filling_engine = open_random(true);
    return engine != NULL && filling_engine != NULL ? 0 : -1;
}

static int close_engines(void **state) {
    (void)state;
    engine_close(engine);
    engine_close(filling_engine);
    return 0;
}

/* What on_done was told. */
struct outcome {
    atomic_int calls;
    char text[512]; /* "" for none */
    bool offered, cancelled;
    const char *reason;
    size_t replace_start, replace_end;
    uint32_t prompt_tokens, cached_tokens, completion_tokens;
    enum error_code error;
};

static void on_done(void *user, struct completion_result *result) {
    struct outcome *outcome = user;
    if (result->insert_text != NULL)
        snprintf(outcome->text, sizeof outcome->text, "%s", result->insert_text);
    outcome->offered = result->insert_text != NULL;
    outcome->cancelled = result->cancelled;
    outcome->reason = result->reason;
    outcome->replace_start = result->replace_start;
    outcome->replace_end = result->replace_end;
    outcome->prompt_tokens = result->prompt_tokens;
    outcome->cached_tokens = result->cached_tokens;
    outcome->completion_tokens = result->completion_tokens;
    outcome->error = result->error.code;
    atomic_fetch_add(&outcome->calls, 1);
}

static struct completion *start(struct engine *on, const char *marked, unsigned max_tokens,
                                struct outcome *outcome) {
    struct fixture at = fixture_of(marked);
    struct error err = ERROR_INIT;
    struct completion *completion =
        completion_start(on,
                         &(struct completion_input){.path = "a.py",
                                                    .language_id = "python",
                                                    .text = at.text,
                                                    .text_length = at.length,
                                                    .offset = at.offset,
                                                    .max_tokens = max_tokens},
                         on_done, outcome, &err);
    fixture_free(&at); /* everything was copied */
    if (completion == NULL) fail_msg("%s", err.message);
    return completion;
}

static void on_done_comes_once_with_a_text_or_a_reason(void **state) {
    (void)state;
    static const char *const documents[] = {"x = ^", "def f():\n    ^\n", "f(^)\n", "a\n^\nb\n"};
    for (size_t i = 0; i < 8; i++) {
        struct outcome outcome = {0};
        struct completion *completion =
            start(i < 4 ? engine : filling_engine, documents[i % 4], 8, &outcome);
        completion_wait(completion);
        completion_cancel(completion); /* too late, and harmless */
        completion_release(completion);
        assert_int_equal(atomic_load(&outcome.calls), 1);
        assert_int_equal(outcome.error, ERROR_NONE);
        assert_true(outcome.offered ? outcome.reason == NULL : outcome.reason != NULL);
        assert_false(outcome.cancelled);
        assert_true(outcome.prompt_tokens > 0 && outcome.completion_tokens <= 8);
        assert_int_equal(outcome.replace_start, outcome.replace_end);
    }
}

static void a_declined_one_is_done_before_it_starts(void **state) {
    (void)state;
    struct outcome outcome = {0};
    struct completion *completion = start(engine, "retu^rn", 8, &outcome);
    assert_int_equal(atomic_load(&outcome.calls), 1);
    assert_string_equal(outcome.reason, "middle of a word");
    assert_int_equal(outcome.prompt_tokens, 0);
    assert_int_equal(outcome.replace_start, 4);
    completion_cancel(completion);
    completion_wait(completion);
    completion_release(completion);
    assert_int_equal(atomic_load(&outcome.calls), 1);
}

static void a_cancelled_one_says_so(void **state) {
    (void)state;
    struct outcome first = {0}, second = {0};
    /* The second waits for the first, so it is surely cancelled before its end. */
    struct completion *a = start(engine, "def f():\n    ^\n", 96, &first);
    struct completion *b = start(engine, "def g():\n    ^\n", 96, &second);
    completion_cancel(b);
    completion_cancel(a);
    completion_wait(b);
    completion_wait(a);
    assert_int_equal(atomic_load(&second.calls), 1);
    assert_true(second.cancelled && !second.offered);
    assert_string_equal(second.reason, "cancelled");
    assert_int_equal(atomic_load(&first.calls), 1);
    completion_release(a);
    completion_release(b);
}

static void the_handle_may_go_first(void **state) {
    (void)state;
    struct outcome outcome = {0};
    completion_release(start(engine, "x = ^", 8, &outcome));
    /* A later request is done after it. */
    struct outcome later = {0};
    struct completion *completion = start(engine, "y = ^", 8, &later);
    completion_wait(completion);
    completion_release(completion);
    assert_int_equal(atomic_load(&outcome.calls), 1);
    completion_release(NULL);
}

static void *cancel_it(void *completion) {
    completion_cancel(completion);
    return NULL;
}

static void any_thread_may_cancel_at_any_time(void **state) {
    (void)state;
    for (int round = 0; round < 20; round++) {
        struct outcome outcome = {0};
        struct completion *completion = start(engine, "def f():\n    ^\n", 12, &outcome);
        pthread_t threads[2];
        for (size_t i = 0; i < 2; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, cancel_it, completion), 0);
        if (round % 2 == 0) completion_wait(completion);
        for (size_t i = 0; i < 2; i++)
            pthread_join(threads[i], NULL);
        completion_wait(completion);
        completion_release(completion);
        assert_int_equal(atomic_load(&outcome.calls), 1);
    }
}

static void closing_the_engine_ends_what_runs(void **state) {
    (void)state;
    struct engine *own = open_random(false);
    assert_non_null(own);
    struct outcome outcomes[3] = {0};
    struct completion *completions[3];
    for (size_t i = 0; i < 3; i++)
        completions[i] = start(own, "def f():\n    ^\n", 96, &outcomes[i]);
    engine_close(own);
    for (size_t i = 0; i < 3; i++) {
        completion_wait(completions[i]);
        completion_cancel(completions[i]);
        completion_release(completions[i]);
        assert_int_equal(atomic_load(&outcomes[i].calls), 1);
    }
    assert_true(outcomes[2].cancelled);
}

static void a_selected_completion_is_extended_in_its_own_range(void **state) {
    (void)state;
    /* The widget replaces "pri" by "print("; what the model adds goes behind that. */
    static const char text[] = "import os\npri\n";
    struct outcome selected = {0}, typed = {0};
    struct error err = ERROR_INIT;
    struct completion *completion =
        completion_start(engine,
                         &(struct completion_input){.path = "a.py",
                                                    .language_id = "python",
                                                    .text = text,
                                                    .text_length = strlen(text),
                                                    .offset = 13,
                                                    .selected_text = "print(",
                                                    .selected_start = 10,
                                                    .max_tokens = 8},
                         on_done, &selected, &err);
    assert_non_null(completion);
    completion_wait(completion);
    completion_release(completion);
    completion = start(engine, "import os\nprint(^\n", 8, &typed);
    completion_wait(completion);
    completion_release(completion);
    assert_int_equal(selected.replace_start, 10);
    assert_int_equal(selected.replace_end, 13);
    assert_int_equal(selected.offered, typed.offered);
    if (selected.offered) {
        assert_memory_equal(selected.text, "print(", 6);
        assert_string_equal(selected.text + 6, typed.text);
    }
}

static void typing_reuses_what_was_computed(void **state) {
    (void)state;
    struct outcome before = {0}, after = {0};
    struct completion *completion = start(engine, "value = compute(1)\nx =^", 4, &before);
    completion_wait(completion);
    completion_release(completion);
    completion = start(engine, "value = compute(1)\nx = v^", 4, &after);
    completion_wait(completion);
    completion_release(completion);
    assert_true(after.cached_tokens + 2 >= before.prompt_tokens);
}

static void nonsense_is_refused(void **state) {
    (void)state;
    struct error err = ERROR_INIT;
    struct outcome outcome = {0};
    struct completion_input input = {
        .path = "", .language_id = "", .text = "abc", .text_length = 3, .offset = 4};
    assert_null(completion_start(engine, &input, on_done, &outcome, &err));
    assert_int_equal(err.code, ERROR_ARGUMENT);
    error_clear(&err);
    input.offset = 1;
    input.selected_text = "x";
    input.selected_start = 2;
    assert_null(completion_start(engine, &input, on_done, &outcome, &err));
    assert_int_equal(err.code, ERROR_ARGUMENT);
    assert_int_equal(atomic_load(&outcome.calls), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_done_comes_once_with_a_text_or_a_reason),
        cmocka_unit_test(a_declined_one_is_done_before_it_starts),
        cmocka_unit_test(a_cancelled_one_says_so),
        cmocka_unit_test(the_handle_may_go_first),
        cmocka_unit_test(any_thread_may_cancel_at_any_time),
        cmocka_unit_test(closing_the_engine_ends_what_runs),
        cmocka_unit_test(a_selected_completion_is_extended_in_its_own_range),
        cmocka_unit_test(typing_reuses_what_was_computed),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, open_engines, close_engines);
}
