/* 100,000 random edits in three encodings, each judged against a naive document. */
#include "lsp/document/document.h"
#include "naive_document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Sanitizers make each edit some ten times slower. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { N_EDITS = 20000 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { N_EDITS = 20000 };
#else
enum { N_EDITS = 100000 };
#endif
#else
enum { N_EDITS = 100000 };
#endif

enum { LONGEST = 400 }; /* bytes; a longer document is mostly deleted from */

/* SplitMix64 (Steele, Lea, Flood 2014): the same edits on every machine. */
static uint64_t seed = 20240229;
static uint64_t random_below(uint64_t n) {
    uint64_t z = seed += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (z ^ z >> 31) % n;
}

static const struct {
    const char *bytes;
    size_t length;
} pieces[] = {
    {"a", 1},   {"return x;", 9},    {"\n", 1},       {"\n", 1},   {"\r\n", 2},        {"\r\n", 2},
    {"\r", 1},  {"\t", 1},           {"\xc3\xa9", 2}, {"漢", 3},   {"😀", 4},           {"😀\r", 5},
    {"\n😀", 5}, {"\xf0\x9f\x98", 3}, {"\x80", 1},     {"\xff", 1}, {"\xe2\x82", 2},    {"\xac", 1},
    {"\0", 1},  {"e\xcc\x81", 3},    {"\r\r\n\n", 4}, {"    ", 4}, {"0123456789", 10},
};

static size_t random_text(char *out) {
    size_t length = 0;
    for (uint64_t n = random_below(4); n > 0; n--) {
        size_t i = (size_t)random_below(sizeof pieces / sizeof *pieces);
        memcpy(out + length, pieces[i].bytes, pieces[i].length);
        length += pieces[i].length;
    }
    return length;
}

/* Mostly inside the text, sometimes past the end of a line or of everything. */
static struct position random_position(const struct naive_document *naive) {
    size_t n_lines = naive_n_lines(naive);
    struct position at;
    at.line = (uint32_t)random_below(n_lines + 2);
    at.character = (uint32_t)random_below(12);
    if (at.line < n_lines) {
        struct naive_line line = naive_line_at(naive, at.line);
        at.character = (uint32_t)random_below(line.next - line.start + 3);
    }
    if (random_below(200) == 0) at.line = UINT32_MAX;
    if (random_below(200) == 0) at.character = UINT32_MAX;
    return at;
}

/* Everything that can be asked gives what the naive one gives. */
static void judge(const struct document *document, const struct naive_document *naive, int edit) {
    static const int unit_bytes[] = {1, 2, 4};
    assert_int_equal(document_length(document), naive->length);
    assert_memory_equal(document_text(document), naive->text, naive->length);
    assert_int_equal(document_text(document)[naive->length], 0);

    size_t n_lines = naive_n_lines(naive);
    if (document_n_lines(document) != n_lines)
        fail_msg("edit %d: %u lines instead of %zu", edit, document_n_lines(document), n_lines);
    size_t start = 0;
    for (size_t i = 0; i < n_lines; i++) {
        assert_int_equal(
            document_offset(document, (struct position){(uint32_t)i, 0}, ENCODING_UTF8), start);
        struct naive_line line = {start, start, start};
        line = i + 1 < n_lines ? naive_line_at(naive, i) : line;
        start = line.next;
    }
    for (int e = ENCODING_UTF8; e <= ENCODING_UTF32; e++) {
        struct position at = random_position(naive);
        size_t offset = document_offset(document, at, (enum position_encoding)e);
        size_t expected = naive_offset(naive, unit_bytes[e], at.line, at.character);
        if (offset != expected)
            fail_msg("edit %d: %u:%u is %zu instead of %zu", edit, at.line, at.character, offset,
                     expected);

        size_t place = (size_t)random_below(naive->length + 3);
        at = document_position(document, place, (enum position_encoding)e);
        struct position wanted;
        naive_position(naive, unit_bytes[e], place, &wanted.line, &wanted.character);
        if (at.line != wanted.line || at.character != wanted.character)
            fail_msg("edit %d: offset %zu is %u:%u instead of %u:%u", edit, place, at.line,
                     at.character, wanted.line, wanted.character);
    }
}

static void random_edits_leave_what_naive_editing_leaves(void **state) {
    (void)state;
    struct naive_document naive = {.text = calloc(1, 1)};
    assert_non_null(naive.text);
    struct document *document = document_create("file:///a", "c", 0, "", 0, NULL);
    assert_non_null(document);
    static const int unit_bytes[] = {1, 2, 4};
    for (int edit = 0; edit < N_EDITS; edit++) {
        char text[64];
        size_t length = random_text(text);
        enum position_encoding encoding = (enum position_encoding)random_below(3);
        if (random_below(1000) == 0) {
            assert_true(document_edit(document, NULL, encoding, text, length, NULL, NULL));
            naive_replace(&naive, 0, naive.length, text, length);
        } else {
            struct range range = {random_position(&naive), random_position(&naive)};
            /* Most edits are small; a long text is cut down by large ones. */
            if (naive.length < LONGEST && random_below(4) != 0) {
                range.end = range.start;
                if (range.end.character < UINT32_MAX - 3)
                    range.end.character += (uint32_t)random_below(3);
            }
            size_t start =
                naive_offset(&naive, unit_bytes[encoding], range.start.line, range.start.character);
            size_t end =
                naive_offset(&naive, unit_bytes[encoding], range.end.line, range.end.character);
            assert_true(document_edit(document, &range, encoding, text, length, NULL, NULL));
            naive_replace(&naive, start, end, text, length);
        }
        judge(document, &naive, edit);
    }
    document_free(document);
    free(naive.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_edits_leave_what_naive_editing_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
