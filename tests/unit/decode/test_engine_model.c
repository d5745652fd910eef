/* The engine on the default model: real text in, real text out. */
#include "engine/engine.h"
#include "engine/model/store.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/unit/decode/engine_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TOKENS = SLOW_BUILD ? 2 : 24 };

static char *path;

static int open_engine(void **state) {
    struct error err = ERROR_INIT;
    *state = engine_open(&(struct engine_options){.model_path = path, .context = 512}, &err);
    if (*state == NULL) fprintf(stderr, "%s\n", err.message);
    return *state == NULL;
}

static int close_engine(void **state) {
    engine_close(*state);
    return 0;
}

static const char source[] = "def add(a, b):\n    return a + b\n\ndef multiply(a, b):\n";

/* Continues a text; the outcome is the caller's to release. */
static void run_text(struct engine *engine, const char *text, size_t length,
                     struct engine_request_options options, struct outcome *outcome) {
    struct token_list tokens = {0};
    struct error err = ERROR_INIT;
    assert_true(
        tokenizer_encode(engine_tokenizer(engine), text, length, TOKENIZE_ADD_BOS, &tokens, &err));
    options.prompt = tokens.ids;
    options.n_prompt = tokens.length;
    outcome_init(outcome);
    run_request(engine, options, outcome);
    outcome->text[outcome->length] = '\0';
    token_list_free(&tokens);
}

static void code_is_continued_the_same_way_with_and_without_the_cache(void **state) {
    struct engine_request_options options = {.max_tokens = TOKENS};
    struct outcome fresh, cached, other, after_other;
    run_text(*state, source, sizeof source - 1, options, &fresh);
    run_text(*state, source, sizeof source - 1, options, &cached);
    run_text(*state, "SELECT name FROM", 16, options, &other);
    run_text(*state, source, sizeof source - 1, options, &after_other);
    assert_int_equal(fresh.result.cached_tokens, 0);
    assert_int_equal(cached.result.cached_tokens, fresh.result.prompt_tokens - 1);
    assert_int_equal(after_other.result.cached_tokens, 0);
    assert_same_outcome(&fresh, &after_other);
    assert_int_equal(fresh.length, cached.length);
    assert_memory_equal(fresh.text, cached.text, fresh.length);
    assert_true(fresh.result.mean_log_probability > -1); /* it knows what it is doing */
    outcome_release(&fresh);
    outcome_release(&cached);
    outcome_release(&other);
    outcome_release(&after_other);
}

static void typing_on_reuses_what_was_computed(void **state) {
    struct engine_request_options options = {.max_tokens = 2};
    struct outcome before, after;
    run_text(*state, source, sizeof source - 12, options, &before);
    run_text(*state, source, sizeof source - 1, options, &after);
    assert_true(after.result.cached_tokens + 8 > before.result.prompt_tokens);
    assert_true(after.result.cached_tokens < after.result.prompt_tokens);
    outcome_release(&before);
    outcome_release(&after);
}

static void a_seed_gives_its_text_again(void **state) {
    struct engine_request_options options = {
        .max_tokens = TOKENS, .sampling = {.temperature = 1, .top_p = 0.95f, .seed = 3}};
    struct outcome first, again;
    run_text(*state, source, sizeof source - 1, options, &first);
    run_text(*state, "x", 1, options, &again);
    outcome_release(&again);
    run_text(*state, source, sizeof source - 1, options, &again);
    assert_same_outcome(&first, &again);
    outcome_release(&first);
    outcome_release(&again);
}

static void a_line_ends_at_the_newline(void **state) {
    static const char *const newline[] = {"\n"};
    struct engine_request_options options = {
        .max_tokens = 60, .stop_strings = newline, .n_stop_strings = 1};
    struct outcome outcome;
    run_text(*state, "import os\nimport", 16, options, &outcome);
    assert_int_equal(outcome.result.finish, FINISH_STOP_STRING);
    assert_true(outcome.length > 1);
    assert_null(strchr(outcome.text, '\n'));
    outcome_release(&outcome);
}

int main(void) {
    struct error err = ERROR_INIT;
    path = store_resolve(getenv("AERIE_MODEL"), &err);
    if (path == NULL) {
        fprintf(stderr, "skipped: %s\n", err.message);
        return 77;
    }
    /* One engine for all of them: the first story wants an empty cache. */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_is_continued_the_same_way_with_and_without_the_cache),
        cmocka_unit_test(typing_on_reuses_what_was_computed),
        cmocka_unit_test(a_seed_gives_its_text_again),
        cmocka_unit_test(a_line_ends_at_the_newline),
    };
    int failed = cmocka_run_group_tests(tests, open_engine, close_engine);
    free(path);
    return failed;
}
