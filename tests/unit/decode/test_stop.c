/* Stop strings: whatever way the text is cut into pieces, the same text passes. */
#include "engine/decode/prng.h"
#include "engine/decode/stop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct stop_case {
    const char *strings[4]; /* NULL-terminated where fewer */
    const char *text;
    const char *passed; /* what comes out in the end */
    bool found;
};

static const struct stop_case cases[] = {
    {{NULL}, "no stop strings at all", "no stop strings at all", false},
    {{"\n\n"}, "one line\n\nmore", "one line", true},
    {{"\n\n"}, "one line\nmore\n", "one line\nmore\n", false},
    {{"END"}, "END", "", true},
    {{"END"}, "EEND", "E", true},
    {{"END"}, "ENEND", "EN", true},
    {{"END"}, "ENEN", "ENEN", false},
    {{"aab"}, "aaaaab", "aaa", true},
    {{"abab"}, "abaabab", "aba", true},
    /* The one complete first, not the one listed or begun first. */
    {{"abcd", "bc"}, "xabcd", "xa", true},
    {{"bc", "abcd"}, "xabcd", "xa", true},
    {{"abcdef", "cd"}, "abcdx", "ab", true},
    /* Of two complete at the same byte, the longest. */
    {{"bc", "abc"}, "xabc", "x", true},
    {{"c", "bc", "abc"}, "ab abc", "ab ", true},
    /* A string that fails lets a shorter one inside it through. */
    {{"abcx", "b"}, "abcy", "a", true},
    {{"he", "she", "his", "hers"}, "ushers", "u", true},
    {{"he", "she", "his", "hers"}, "uxixs", "uxixs", false},
    {{"``` ", "```\n"}, "code```\nrest", "code", true},
    {{"\xc3\xa9t\xc3\xa9"}, "l'\xc3\xa9t\xc3\xa9 vient", "l'", true},
    {{"same", "same"}, "the same", "the ", true},
};
enum { N_CASES = sizeof cases / sizeof *cases };

static struct stop *make(const struct stop_case *c) {
    size_t n = 0;
    while (n < 4 && c->strings[n] != NULL)
        n++;
    struct error err = ERROR_INIT;
    struct stop *stop = stop_create(c->strings, n, &err);
    assert_non_null(stop);
    return stop;
}

/* Feeds text cut after every byte whose bit is set in `cuts`; out holds what passed. */
static bool feed_cut(struct stop *stop, const char *text, unsigned cuts, char *out) {
    size_t length = strlen(text), written = 0, start = 0;
    bool found = false;
    struct stop_text piece;
    for (size_t i = 1; i <= length && !found; i++) {
        if (i < length && !(cuts >> (i - 1) & 1)) continue;
        assert_true(stop_feed(stop, text + start, i - start, &piece, NULL));
        memcpy(out + written, piece.bytes, piece.length);
        written += piece.length;
        found = piece.found;
        start = i;
    }
    if (!found) {
        stop_finish(stop, &piece);
        memcpy(out + written, piece.bytes, piece.length);
        written += piece.length;
    }
    out[written] = '\0';
    return found;
}

static void every_split_of_every_text_gives_the_same(void **state) {
    (void)state;
    for (size_t i = 0; i < N_CASES; i++) {
        const struct stop_case *c = &cases[i];
        size_t gaps = strlen(c->text) - 1;
        if (gaps > 12) gaps = 12; /* a longer text is cut near its beginning only */
        for (unsigned cuts = 0; cuts < 1u << gaps; cuts++) {
            struct stop *stop = make(c);
            char out[64];
            bool found = feed_cut(stop, c->text, cuts, out);
            assert_string_equal(out, c->passed);
            assert_int_equal(found, c->found);
            stop_free(stop);
        }
    }
}

static void only_what_may_become_a_stop_string_is_held_back(void **state) {
    (void)state;
    const char *strings[] = {"\n\n", "</code>"};
    struct stop *stop = stop_create(strings, 2, NULL);
    assert_non_null(stop);
    static const struct {
        const char *feed, *passed;
    } steps[] = {
        {"x = 1", "x = 1"}, {"\n", ""},        {"y", "\ny"},  {"", ""},        {" <", " "},
        {"/c", ""},         {"ar>", "</car>"}, {"</cod", ""}, {"\n", "</cod"}, {"z", "\nz"},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct stop_text piece;
        assert_true(stop_feed(stop, steps[i].feed, strlen(steps[i].feed), &piece, NULL));
        assert_false(piece.found);
        assert_int_equal(piece.length, strlen(steps[i].passed));
        assert_memory_equal(piece.bytes, steps[i].passed, piece.length);
    }
    stop_free(stop);
}

/* The first position at which some string is complete, by looking everywhere. */
static bool naive(const char *const *strings, size_t n, const char *text, size_t *cut) {
    for (size_t end = 1; end <= strlen(text); end++) {
        size_t longest = 0;
        for (size_t i = 0; i < n; i++) {
            size_t length = strlen(strings[i]);
            if (length <= end && length > longest &&
                memcmp(text + end - length, strings[i], length) == 0)
                longest = length;
        }
        if (longest > 0) {
            *cut = end - longest;
            return true;
        }
    }
    return false;
}

static void random_texts_agree_with_looking_everywhere(void **state) {
    (void)state;
    struct prng prng;
    prng_seed(&prng, 2024);
    for (int round = 0; round < 3000; round++) {
        char strings[4][8], text[33], out[33];
        const char *pointers[4];
        size_t n = 1 + prng_next(&prng) % 4;
        for (size_t i = 0; i < n; i++) {
            size_t length = 1 + prng_next(&prng) % 7;
            for (size_t j = 0; j < length; j++)
                strings[i][j] = (char)('a' + prng_next(&prng) % 2);
            strings[i][length] = '\0';
            pointers[i] = strings[i];
        }
        size_t length = 1 + prng_next(&prng) % 32;
        for (size_t j = 0; j < length; j++)
            text[j] = (char)('a' + prng_next(&prng) % 3);
        text[length] = '\0';
        struct stop *stop = stop_create(pointers, n, NULL);
        assert_non_null(stop);
        size_t cut = length;
        bool expected = naive(pointers, n, text, &cut);
        assert_int_equal(feed_cut(stop, text, (unsigned)prng_next(&prng), out), expected);
        assert_int_equal(strlen(out), cut);
        assert_memory_equal(out, text, cut);
        stop_free(stop);
    }
}

static void an_empty_stop_string_is_refused(void **state) {
    (void)state;
    const char *strings[] = {"a", ""};
    struct error err = ERROR_INIT;
    assert_null(stop_create(strings, 2, &err));
    assert_int_equal(err.code, ERROR_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_of_every_text_gives_the_same),
        cmocka_unit_test(only_what_may_become_a_stop_string_is_held_back),
        cmocka_unit_test(random_texts_agree_with_looking_everywhere),
        cmocka_unit_test(an_empty_stop_string_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
