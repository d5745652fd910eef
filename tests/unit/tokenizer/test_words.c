/* Where each pre-tokenizer ends its words, against vectors made with another implementation
 * (tests/golden/make_tokenizer_vectors.py). */
#include "engine/tokenizer/pretokenizer.h"
#include "tests/unit/tokenizer/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER AERIE_SOURCE_DIR "/tests/unit/tokenizer/vectors"

struct words {
    size_t at; /* bytes cut off so far */
    char ends[4096];
    size_t n_ends;
};

static bool note_end(void *user, const char *word, size_t length, struct error *err) {
    (void)word, (void)err;
    struct words *words = user;
    assert_true(length > 0);
    words->at += length;
    int n = snprintf(words->ends + words->n_ends, sizeof words->ends - words->n_ends, " %zu",
                     words->at);
    words->n_ends += (size_t)n;
    assert_true(words->n_ends < sizeof words->ends);
    return true;
}

static struct pretokenizer *compile(const char *name) {
    struct error err = ERROR_INIT;
    const struct pretokenizer_rules *rules = pretokenizer_rules_find(name);
    if (!rules) fail_msg("%s is not known", name);
    struct pretokenizer *pretokenizer = pretokenizer_create(rules, &err);
    if (!pretokenizer) fail_msg("%s: %s", name, err.message);
    return pretokenizer;
}

static void words_end_where_the_other_implementation_ends_them(void **state) {
    (void)state;
    struct vectors texts;
    size_t length, n_lines = 0, n_wrong = 0;
    if (!vectors_read(&texts, FOLDER "/texts.inp", FOLDER "/smollm.out"))
        fail_msg("cannot read " FOLDER "/texts.inp");
    char *lines = read_whole_file(FOLDER "/words.out", &length);
    assert_non_null(lines);

    char compiled[32] = "", name[32];
    struct pretokenizer *pretokenizer = NULL;
    for (char *line = lines, *next; *line; line = next, n_lines++) {
        next = strchr(line, '\n');
        assert_non_null(next);
        *next++ = '\0';
        size_t number;
        int used;
        assert_int_equal(sscanf(line, "%31s %zu%n", name, &number, &used), 2);
        assert_true(number < texts.n);
        if (strcmp(name, compiled) != 0) {
            pretokenizer_free(pretokenizer);
            pretokenizer = compile(name);
            strcpy(compiled, name);
        }
        struct text_view text = texts.items[number].text;
        struct words words = {0};
        assert_true(
            pretokenizer_split(pretokenizer, text.bytes, text.length, note_end, &words, NULL));
        if (strcmp(words.ends, line + used) == 0) continue;
        n_wrong++;
        fprintf(stderr, "%s, text %zu: \"%.*s\"\n  expected%s\n  got     %s\n", name, number,
                (int)text.length, text.bytes, line + used, words.ends);
    }
    fprintf(stderr, "%zu of %zu lines\n", n_lines - n_wrong, n_lines);
    assert_true(n_lines >= 8 * texts.n);
    assert_int_equal(n_wrong, 0);
    pretokenizer_free(pretokenizer);
    free(lines);
    vectors_free(&texts);
}

static void bytes_that_are_no_utf_8_are_words_of_their_own(void **state) {
    (void)state;
    struct pretokenizer *gpt2 = compile("gpt-2");
    const struct {
        const char *text, *ends;
    } cases[] = {
        {"ab\xFF\xFE"
         "cd",
         " 2 4 6"},
        {"\xC3", " 1"},
        {"a \xE2\x82 b", " 1 2 4 6"},
        {"\xED\xA0\x80x", " 3 4"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct words words = {0};
        assert_true(
            pretokenizer_split(gpt2, cases[i].text, strlen(cases[i].text), note_end, &words, NULL));
        assert_string_equal(words.ends, cases[i].ends);
    }
    pretokenizer_free(gpt2);
}

static bool refuse(void *user, const char *word, size_t length, struct error *err) {
    (void)word, (void)length;
    ++*(int *)user;
    return error_set(err, ERROR_CANCELLED, "enough");
}

static void the_sink_can_end_the_cutting(void **state) {
    (void)state;
    struct pretokenizer *coder = compile("deepseek-coder");
    struct error err = ERROR_INIT;
    int calls = 0;
    assert_false(pretokenizer_split(coder, "a b c", 5, refuse, &calls, &err));
    assert_int_equal(calls, 1);
    assert_int_equal(err.code, ERROR_CANCELLED);
    pretokenizer_free(coder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_end_where_the_other_implementation_ends_them),
        cmocka_unit_test(bytes_that_are_no_utf_8_are_words_of_their_own),
        cmocka_unit_test(the_sink_can_end_the_cutting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
