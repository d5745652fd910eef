/* Edits: what a client sends, and the text and lines afterwards. */
#include "lsp/document/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct document *open_text(const char *text) {
    struct document *document = document_create("file:///a", "c", 1, text, strlen(text), NULL);
    assert_non_null(document);
    return document;
}

/* [l:c, l:c) in UTF-16 becomes `text`. */
static const struct {
    const char *name, *before;
    uint32_t range[4];
    const char *text, *after;
    uint32_t n_lines;
} table[] = {
    {"typing", "ab", {0, 1, 0, 1}, "x", "axb", 1},
    {"typing into nothing", "", {0, 0, 0, 0}, "x", "x", 1},
    {"a new line", "ab", {0, 1, 0, 1}, "\n", "a\nb", 2},
    {"several lines", "ab", {0, 1, 0, 1}, "1\n2\r\n3\r", "a1\n2\r\n3\rb", 4},
    {"deleting a line ending joins lines", "a\nb\nc", {0, 1, 1, 0}, "", "ab\nc", 2},
    {"replacing across lines", "one\ntwo\nthree", {0, 2, 2, 2}, "X", "onXree", 1},
    {"behind a surrogate pair", "😀x", {0, 2, 0, 3}, "y", "😀y", 1},
    {"a start behind the end is swapped", "abcd", {0, 3, 0, 1}, "X", "aXd", 1},
    {"past the end means the end", "ab\n", {9, 9, 9, 9}, "c", "ab\nc", 2},
    {"past the line's end stays before the ending", "ab\r\ncd", {0, 9, 0, 9}, "!", "ab!\r\ncd", 2},
    {"a \\n after a lone \\r makes one ending", "a\rb", {1, 0, 1, 0}, "\n", "a\r\nb", 2},
    {"a \\r before a \\n makes one ending", "a\nb", {0, 1, 0, 1}, "\r", "a\r\nb", 2},
    {"text between \\r and \\n cannot be asked for", "a\r\nb", {0, 2, 0, 2}, "x", "ax\r\nb", 2},
    {"a \\r\\n that loses what stood between", "a\rx\nb", {1, 0, 1, 1}, "", "a\r\nb", 2},
    {"a \\r\\n whose \\n goes with the next line", "a\r\nb", {0, 1, 1, 1}, "\r", "a\r", 2},
    {"a lone \\r at the very end", "a", {0, 1, 0, 1}, "\r", "a\r", 2},
};

static void each_edit_gives_the_text_and_the_lines(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct document *document = open_text(table[i].before);
        const uint32_t *r = table[i].range;
        struct range range = {{r[0], r[1]}, {r[2], r[3]}};
        assert_true(document_edit(document, &range, ENCODING_UTF16, table[i].text,
                                  strlen(table[i].text), NULL, NULL));
        if (strcmp(document_text(document), table[i].after) != 0 ||
            document_n_lines(document) != table[i].n_lines)
            fail_msg("%s: '%s', %u lines", table[i].name, document_text(document),
                     document_n_lines(document));
        assert_int_equal(document_length(document), strlen(table[i].after));
        document_free(document);
    }
}

static void a_carriage_return_split_from_its_newline_is_a_line_of_its_own(void **state) {
    (void)state;
    /* Line 1 of "a\r\nb" is deleted back to the \r by an edit that begins on the \n's far side. */
    struct document *document = open_text("a\r\nb");
    assert_int_equal(document_n_lines(document), 2);
    struct range all = {{0, 1}, {1, 0}};
    assert_true(document_edit(document, &all, ENCODING_UTF16, "\r;\n", 3, NULL, NULL));
    assert_string_equal(document_text(document), "a\r;\nb");
    assert_int_equal(document_n_lines(document), 3);
    assert_int_equal(document_offset(document, (struct position){1, 0}, ENCODING_UTF16), 2);
    assert_int_equal(document_offset(document, (struct position){2, 0}, ENCODING_UTF16), 4);
    document_free(document);
}

static void no_range_replaces_everything(void **state) {
    (void)state;
    struct document *document = open_text("one\ntwo\n");
    assert_true(document_edit(document, NULL, ENCODING_UTF8, "x\r\ny", 4, NULL, NULL));
    assert_string_equal(document_text(document), "x\r\ny");
    assert_int_equal(document_n_lines(document), 2);
    assert_true(document_edit(document, NULL, ENCODING_UTF8, "", 0, NULL, NULL));
    assert_string_equal(document_text(document), "");
    assert_int_equal(document_n_lines(document), 1);
    document_free(document);
}

static void who_it_is_stays_with_it(void **state) {
    (void)state;
    char uri[] = "file:///a%20b.py", language[] = "python";
    struct document *document = document_create(uri, language, 3, "", 0, NULL);
    uri[0] = language[0] = '!';
    assert_string_equal(document_uri(document), "file:///a%20b.py");
    assert_string_equal(document_language_id(document), "python");
    assert_int_equal(document_version(document), 3);
    document_set_version(document, 7);
    assert_int_equal(document_version(document), 7);
    document_free(document);
    document_free(NULL);
}

static void typing_into_the_middle_of_megabytes_keeps_every_line_right(void **state) {
    (void)state;
    enum { N_LINES = 100000, WIDTH = 50 };
    size_t length = (size_t)N_LINES * WIDTH;
    char *text = malloc(length);
    assert_non_null(text);
    memset(text, 'x', length);
    for (size_t i = 1; i <= N_LINES; i++)
        text[i * WIDTH - 1] = '\n';
    struct document *document = document_create("file:///big", "c", 1, text, length, NULL);
    free(text);
    assert_int_equal(document_n_lines(document), N_LINES + 1);

    struct range at = {{N_LINES / 2, 7}, {N_LINES / 2, 7}};
    for (int i = 0; i < 100; i++)
        assert_true(document_edit(document, &at, ENCODING_UTF16, "ab\n", 3, NULL, NULL));
    assert_int_equal(document_n_lines(document), N_LINES + 101);
    for (uint32_t line = N_LINES / 2 + 102; line <= N_LINES + 100; line++)
        assert_int_equal(document_offset(document, (struct position){line, 0}, ENCODING_UTF16),
                         (size_t)(line - 100) * WIDTH + 300);
    document_free(document);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_edit_gives_the_text_and_the_lines),
        cmocka_unit_test(a_carriage_return_split_from_its_newline_is_a_line_of_its_own),
        cmocka_unit_test(no_range_replaces_everything),
        cmocka_unit_test(who_it_is_stays_with_it),
        cmocka_unit_test(typing_into_the_middle_of_megabytes_keeps_every_line_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
