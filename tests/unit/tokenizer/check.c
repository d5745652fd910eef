#include "tests/unit/tokenizer/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct tokenizer *create_or_fail(const struct tokenizer_source *source) {
    struct error err = ERROR_INIT;
    struct tokenizer *tokenizer = tokenizer_create(source, &err);
    if (!tokenizer) fail_msg("%s: %s", error_code_name(err.code), err.message);
    return tokenizer;
}

static void print_ids(const char *name, const int32_t *ids, size_t n) {
    fprintf(stderr, "%s:", name);
    for (size_t i = 0; i < n; i++)
        fprintf(stderr, " %d", (int)ids[i]);
    fprintf(stderr, "\n");
}

void assert_ids(const struct tokenizer *tokenizer, const char *text, size_t length, unsigned flags,
                const int32_t *ids, size_t n) {
    struct error err = ERROR_INIT;
    struct token_list list = {0};
    if (!tokenizer_encode(tokenizer, text, length, flags, &list, &err))
        fail_msg("%s: %s", error_code_name(err.code), err.message);
    bool same = list.length == n && (n == 0 || memcmp(list.ids, ids, n * sizeof *ids) == 0);
    if (!same) {
        fprintf(stderr, "text: \"%.*s\"\n", (int)length, text);
        print_ids("expected", ids, n);
        print_ids("got", list.ids, list.length);
    }
    token_list_free(&list);
    assert_true(same);
}

void assert_round_trip(const struct tokenizer *tokenizer, const char *text, size_t length,
                       unsigned flags, size_t skip) {
    struct error err = ERROR_INIT;
    struct token_list list = {0};
    if (!tokenizer_encode(tokenizer, text, length, flags, &list, &err))
        fail_msg("%s: %s", error_code_name(err.code), err.message);
    size_t at = 0;
    for (size_t i = 0; i < list.length; i++) {
        struct text_view bytes = tokenizer_bytes(tokenizer, list.ids[i]);
        size_t skipped = skip < bytes.length ? skip : bytes.length;
        skip -= skipped;
        bytes = (struct text_view){bytes.bytes + skipped, bytes.length - skipped};
        bool same =
            bytes.length <= length - at && memcmp(text + at, bytes.bytes, bytes.length) == 0;
        if (!same)
            fail_msg("token %d does not give back what is at byte %zu", (int)list.ids[i], at);
        at += bytes.length;
    }
    assert_int_equal(at, length);
    token_list_free(&list);
}

uint32_t next_number(struct numbers *self, uint32_t below) {
    /* Knuth's linear congruence; its high bits are good enough here. */
    self->state = self->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((self->state >> 33) % below);
}
