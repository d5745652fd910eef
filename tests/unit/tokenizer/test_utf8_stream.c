/* Streamed detokenisation: whole characters come out however the bytes arrive, and what can never
 * become a character comes out as U+FFFD. */
#include "engine/tokenizer/tokenizer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FFFD "\xEF\xBF\xBD"

struct example {
    const char *bytes, *text; /* text: what all of it becomes once it has ended */
};

static const struct example EXAMPLES[] = {
    {"plain", "plain"},
    {"h\xC3\xA9", "h\xC3\xA9"},
    {"\xE2\x82\xAC!", "\xE2\x82\xAC!"},
    {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
    {"a\xF0\x9F\x98\x80z\xE4\xBD\xA0", "a\xF0\x9F\x98\x80z\xE4\xBD\xA0"},
    /* Bytes that begin nothing. */
    {"\x80", FFFD},
    {"\xFF\xFE", FFFD FFFD},
    {"\xC0\xAF", FFFD FFFD},
    {"\xF5\x80", FFFD FFFD},
    /* A beginning that something else cuts short: one U+FFFD, and the other thing is kept. */
    {"\xC3(", FFFD "("},
    {"\xE2\x82(", FFFD "("},
    {"\xF0\x9F\x98x", FFFD "x"},
    {"\xE2\x82\xC3\xA9", FFFD "\xC3\xA9"},
    {"\xF0\x9F\xF0\x9F\x98\x80", FFFD "\xF0\x9F\x98\x80"},
    /* Overlong, surrogate, beyond U+10FFFF: the second byte already cannot follow. */
    {"\xE0\x80\x80", FFFD FFFD FFFD},
    {"\xED\xA0\x80", FFFD FFFD FFFD},
    {"\xF4\x90\x80\x80", FFFD FFFD FFFD FFFD},
    /* The end of the text comes first. */
    {"x\xE2\x82", "x" FFFD},
    {"\xF0\x9F\x98", FFFD},
};
enum { N_EXAMPLES = sizeof EXAMPLES / sizeof EXAMPLES[0] };

static size_t feed(struct utf8_stream *stream, const char *bytes, size_t length, char *out) {
    size_t written = utf8_stream_feed(stream, bytes, length, out);
    assert_true(written <= 3 * length + 12);
    return written;
}

static void every_split_gives_the_same_text(void **state) {
    (void)state;
    for (int i = 0; i < N_EXAMPLES; i++) {
        const char *bytes = EXAMPLES[i].bytes;
        size_t n = strlen(bytes);
        /* Every way to cut n bytes: bit k of the mask is a cut after byte k. */
        for (unsigned mask = 0; mask < 1u << (n - 1); mask++) {
            struct utf8_stream stream = {0};
            char out[256];
            size_t written = 0, from = 0;
            for (size_t at = 1; at <= n; at++) {
                if (at < n && !(mask >> (at - 1) & 1)) continue;
                written += feed(&stream, bytes + from, at - from, out + written);
                from = at;
            }
            written += feed(&stream, NULL, 0, out + written);
            out[written] = '\0';
            assert_string_equal(out, EXAMPLES[i].text);
        }
    }
}

static void half_a_character_is_never_written(void **state) {
    (void)state;
    struct utf8_stream stream = {0};
    char out[32];
    assert_int_equal(feed(&stream, "\xF0", 1, out), 0);
    assert_int_equal(feed(&stream, "\x9F\x98", 2, out), 0);
    assert_int_equal(feed(&stream,
                          "\x80"
                          "a\xC3",
                          3, out),
                     5);
    assert_memory_equal(out,
                        "\xF0\x9F\x98\x80"
                        "a",
                        5);
    assert_int_equal(feed(&stream, "\xA9", 1, out), 2);
    assert_memory_equal(out, "\xC3\xA9", 2);
}

static void the_end_gives_up_what_is_pending_once(void **state) {
    (void)state;
    struct utf8_stream stream = {0};
    char out[32];
    assert_int_equal(feed(&stream, "\xE2\x82", 2, out), 0);
    assert_int_equal(feed(&stream, "", 0, out), 3);
    assert_memory_equal(out, FFFD, 3);
    assert_int_equal(feed(&stream, "", 0, out), 0);
    assert_int_equal(feed(&stream, "b", 1, out), 1);
}

static void a_long_invalid_text_fits_the_promised_room(void **state) {
    (void)state;
    char bytes[1000], out[3 * sizeof bytes + 12];
    memset(bytes, 0xFF, sizeof bytes);
    struct utf8_stream stream = {0};
    assert_int_equal(feed(&stream, "\xF0\x9F", 2, out), 0);
    assert_int_equal(feed(&stream, bytes, sizeof bytes, out), 3 * (sizeof bytes + 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_gives_the_same_text),
        cmocka_unit_test(half_a_character_is_never_written),
        cmocka_unit_test(the_end_gives_up_what_is_pending_once),
        cmocka_unit_test(a_long_invalid_text_fits_the_promised_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
