/* LSP positions and byte offsets. A fixture is a text with `^` at the place. */
#include "lsp/document/document.h"
#include "lsp/document/encoding.h"
#include "lsp/document/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const enum position_encoding encodings[] = {ENCODING_UTF8, ENCODING_UTF16, ENCODING_UTF32};

/* The fixture without its `^`, as a document, and where the `^` stood. */
static struct document *document_of(const char *fixture, size_t *offset) {
    const char *mark = strchr(fixture, '^');
    assert_non_null(mark);
    *offset = (size_t)(mark - fixture);
    char *text = strdup(fixture);
    assert_non_null(text);
    memmove(text + *offset, text + *offset + 1, strlen(fixture) - *offset);
    struct document *document = document_create("file:///a", "c", 1, text, strlen(text), NULL);
    assert_non_null(document);
    free(text);
    return document;
}

/* Places that both ways agree on. */
static const struct {
    const char *fixture;
    uint32_t line, utf8, utf16, utf32;
} exact[] = {
    {"^", 0, 0, 0, 0},
    {"^abc", 0, 0, 0, 0},
    {"abc^", 0, 3, 3, 3},
    {"abc\n^", 1, 0, 0, 0},
    {"abc\n\n^x", 2, 0, 0, 0},
    {"a\r\nb^c\r\n", 1, 1, 1, 1},
    {"a\rb^c\r", 1, 1, 1, 1},
    {"a\r\r\n\n^b", 3, 0, 0, 0},
    {"a\n\r^b", 2, 0, 0, 0},
    {"naïve^", 0, 6, 5, 5},
    {"漢字^x", 0, 6, 2, 2},
    {"😀^x", 0, 4, 2, 1},
    {"x\n😀😀^", 1, 8, 4, 2},
    {"int emoji = \"😀\"; /* 漢 */^", 0, 29, 25, 24},
    {"0123456789abcdef😀0123456789abcdef^", 0, 36, 34, 33},
    {"\t\tx^", 0, 3, 3, 3},
    /* Every byte that is not UTF-8 is one unit in all of them. */
    {"\xff\xfe^", 0, 2, 2, 2},
    {"\xe2\x82^x", 0, 2, 2, 2},                /* a euro sign cut short */
    {"\xc0\xaf^", 0, 2, 2, 2},                 /* an overlong slash */
    {"\xed\xa0\xbd\xed\xb8\x80^", 0, 6, 6, 6}, /* surrogates written as UTF-8 */
    {"\xf4\x90\x80\x80^", 0, 4, 4, 4},         /* above U+10FFFF */
    {"\xf4\x8f\xbf\xbf^", 0, 4, 2, 1},         /* U+10FFFF */
    {"\x80😀^", 0, 5, 3, 2},
};

static void a_place_is_the_same_both_ways(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        size_t offset;
        struct document *document = document_of(exact[i].fixture, &offset);
        const uint32_t characters[] = {exact[i].utf8, exact[i].utf16, exact[i].utf32};
        for (size_t e = 0; e < 3; e++) {
            struct position at = document_position(document, offset, encodings[e]);
            if (at.line != exact[i].line || at.character != characters[e])
                fail_msg("'%s' in %s: %u:%u", exact[i].fixture, encoding_name(encodings[e]),
                         at.line, at.character);
            assert_int_equal(document_offset(document, at, encodings[e]), offset);
        }
        document_free(document);
    }
}

/* Positions that have to be clamped, to the place of the `^`. */
static const struct {
    const char *fixture;
    enum position_encoding encoding;
    uint32_t line, character;
} clamped[] = {
    {"abc^\ndef", ENCODING_UTF16, 0, 99},
    {"abc^\r\ndef", ENCODING_UTF16, 0, 4}, /* never between \r and \n, nor after them */
    {"abc^\rdef", ENCODING_UTF16, 0, 4},
    {"abc\ndef^", ENCODING_UTF16, 1, 99},
    {"abc\ndef^", ENCODING_UTF16, 2, 0},
    {"abc\n^", ENCODING_UTF8, 7, 7},
    {"abc^", ENCODING_UTF32, UINT32_MAX, UINT32_MAX},
    {"abc^\n", ENCODING_UTF8, 0, UINT32_MAX},
    {"^", ENCODING_UTF16, 0, 1},
    {"^\n", ENCODING_UTF16, 0, 1},
    /* Inside a surrogate pair, inside a sequence: the start of the character. */
    {"a^😀b", ENCODING_UTF16, 0, 2},
    {"a^😀b", ENCODING_UTF8, 0, 2},
    {"a^😀b", ENCODING_UTF8, 0, 3},
    {"a^😀b", ENCODING_UTF8, 0, 4},
    {"a^漢b", ENCODING_UTF8, 0, 3},
    {"😀^😀", ENCODING_UTF16, 0, 3},
    {"a^😀", ENCODING_UTF16, 0, 2},
    /* Continuation bytes that belong to nothing are characters themselves. */
    {"a\x80^\x80", ENCODING_UTF8, 0, 2},
    {"é\x80\x80^\x80", ENCODING_UTF8, 0, 4},
};

static void a_position_outside_is_clamped(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof clamped / sizeof *clamped; i++) {
        size_t offset;
        struct document *document = document_of(clamped[i].fixture, &offset);
        struct position at = {clamped[i].line, clamped[i].character};
        size_t found = document_offset(document, at, clamped[i].encoding);
        if (found != offset) fail_msg("'%s': %zu", clamped[i].fixture, found);
        document_free(document);
    }
}

static void an_offset_inside_something_is_its_start(void **state) {
    (void)state;
    const char text[] = "a😀\r\nb";
    struct document *document = document_create("file:///a", "c", 1, text, strlen(text), NULL);
    for (size_t inside = 1; inside < 5; inside++) {
        struct position at = document_position(document, inside, ENCODING_UTF16);
        assert_int_equal(at.line, 0);
        assert_int_equal(at.character, 1);
    }
    struct position between = document_position(document, 6, ENCODING_UTF16); /* \r | \n */
    assert_int_equal(between.line, 0);
    assert_int_equal(between.character, 3);
    struct position past = document_position(document, 1000, ENCODING_UTF16);
    assert_int_equal(past.line, 1);
    assert_int_equal(past.character, 1);
    document_free(document);
}

static void a_nul_byte_is_a_character_like_others(void **state) {
    (void)state;
    struct document *document = document_create("file:///a", "c", 1, "a\0b\nc", 5, NULL);
    assert_int_equal(document_n_lines(document), 2);
    struct position at = document_position(document, 3, ENCODING_UTF16);
    assert_int_equal(at.line, 0);
    assert_int_equal(at.character, 3);
    document_free(document);
}

static void a_character_decodes_to_its_code_point(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint32_t code;
        size_t length;
    } table[] = {{"a", 'a', 1},           {"é", 0xe9, 2},
                 {"漢", 0x6f22, 3},       {"😀", 0x1f600, 4},
                 {"\xff", 0xfffd, 1},     {"\xe2\x82", 0xfffd, 1},
                 {"\xc1\x81", 0xfffd, 1}, {"\xef\xbf\xbd", 0xfffd, 3}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t length;
        assert_int_equal(utf8_decode(table[i].text, strlen(table[i].text), &length), table[i].code);
        assert_int_equal(length, table[i].length);
    }
}

static void encodings_have_the_names_of_the_protocol(void **state) {
    (void)state;
    for (size_t e = 0; e < 3; e++) {
        enum position_encoding back;
        assert_true(encoding_from_name(encoding_name(encodings[e]), &back));
        assert_int_equal(back, encodings[e]);
    }
    enum position_encoding unchanged = ENCODING_UTF32;
    assert_false(encoding_from_name("utf-7", &unchanged));
    assert_int_equal(unchanged, ENCODING_UTF32);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_the_same_both_ways),
        cmocka_unit_test(a_position_outside_is_clamped),
        cmocka_unit_test(an_offset_inside_something_is_its_start),
        cmocka_unit_test(a_nul_byte_is_a_character_like_others),
        cmocka_unit_test(a_character_decodes_to_its_code_point),
        cmocka_unit_test(encodings_have_the_names_of_the_protocol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
