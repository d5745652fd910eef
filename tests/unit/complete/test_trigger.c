/* Where a completion is asked for, and how much it may be. */
#include "fixture.h"
#include "lsp/complete/mode.h"
#include "lsp/complete/trigger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text, *reason; /* NULL: asked for */
} triggers[] = {
    {"return ^", NULL},
    {"retu^", NULL},
    {"x = foo(^)", NULL},   /* an auto-closed bracket is no reason */
    {"print(\"^\")", NULL}, /* nor is a quote */
    {"int f() {\n    ^\n}", NULL},
    {"for (int i = 0;^", NULL}, /* goes on behind the ; */
    {"if test -f x;^", NULL},
    {"echo ${x}^", NULL},
    {"x = 1;\n^", NULL},
    {"x = 1; ^// why", NULL},
    {"# comment\n^", NULL},
    {"^\n# comment\n", NULL},
    {"ret^urn", "middle of a word"},
    {"^value = 1", "middle of a word"},
    {"a^é", "middle of a word"},
    {"a^_b", "middle of a word"},
    {"^", "empty document"},
    {" \n\t^\r\n", "empty document"},
    {"x = 1;^", "after a whole statement"},
    {"x = 1;  ^", "after a whole statement"},
    {"foo(a[1]);^\nbar();", "after a whole statement"},
    {"}^", "after a whole statement"},
};

static void a_completion_is_declined_with_a_reason(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof triggers / sizeof *triggers; i++) {
        struct fixture at = fixture_of(triggers[i].text);
        struct place place = place_of(at.text, at.length, at.offset);
        const char *reason = trigger_decline(&place);
        if ((reason == NULL) != (triggers[i].reason == NULL) ||
            (reason != NULL && strcmp(reason, triggers[i].reason) != 0))
            fail_msg("'%s': %s", triggers[i].text, reason != NULL ? reason : "(asked for)");
        fixture_free(&at);
    }
}

static void a_line_of_data_and_a_binary_file_are_declined(void **state) {
    (void)state;
    char line[5000];
    memset(line, 'x', sizeof line);
    struct place place = place_of(line, sizeof line, sizeof line);
    assert_string_equal(trigger_decline(&place), "line too long");
    place = place_of("ELF\0x = ", 8, 8);
    assert_string_equal(trigger_decline(&place), "not a text file");
}

static const struct {
    const char *text;
    enum completion_mode mode;
} modes[] = {
    {"x = ^", MODE_LINE},
    {"x = foo(^)", MODE_LINE},
    {"^ = 3", MODE_LINE},
    {"    ^", MODE_LINES},
    {"def f():\n    ^\n\nx = 1", MODE_LINES},
    {"def f():^", MODE_BODY},
    {"def f(): ^", MODE_BODY},
    {"def f():^\n    return 1", MODE_LINE}, /* it has its body */
    {"int f() {^\n}", MODE_BODY},
    {"int f() {^\n    return 1;\n}", MODE_LINE},
    {"if true; then^", MODE_BODY},
    {"while read -r line; do^\ndone", MODE_BODY},
    {"echo undo^", MODE_LINE},
    {"foo(^", MODE_BODY},
};

static void the_line_decides_how_much_is_offered(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct fixture at = fixture_of(modes[i].text);
        struct place place = place_of(at.text, at.length, at.offset);
        if (mode_of(&place) != modes[i].mode) fail_msg("'%s': %d", modes[i].text, mode_of(&place));
        fixture_free(&at);
    }
}

static bool view_is(struct text_view view, const char *text) {
    return view.length == strlen(text) && memcmp(view.bytes, text, view.length) == 0;
}

static void the_lines_around_the_cursor_are_found(void **state) {
    (void)state;
    struct fixture at = fixture_of("one\r\n\r\n  two\r\n \r\n\tx =^ 1\r\n\r\n\t\r\n  y\r\nz");
    struct place place = place_of(at.text, at.length, at.offset);
    assert_true(view_is(place.before, "\tx ="));
    assert_true(view_is(place.after, " 1"));
    assert_true(view_is(place.previous, "  two"));
    assert_true(view_is(place.next, "  y"));
    assert_string_equal(place.newline, "\r\n");
    assert_int_equal(place_indent(place.before), 4);
    assert_false(place.last);
    fixture_free(&at);

    at = fixture_of("a\r  ^  \r\r");
    place = place_of(at.text, at.length, at.offset);
    assert_string_equal(place.newline, "\r");
    assert_true(place.blank_before && place.blank_after && place.last);
    assert_int_equal(place.next.length, 0);
    assert_true(view_is(place.previous, "a"));
    fixture_free(&at);

    at = fixture_of("^x\r\ny");
    place = place_of(at.text, at.length, at.offset);
    assert_string_equal(place.newline, "\r\n");
    assert_int_equal(place.previous.length, 0);
    fixture_free(&at);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_completion_is_declined_with_a_reason),
        cmocka_unit_test(a_line_of_data_and_a_binary_file_are_declined),
        cmocka_unit_test(the_line_decides_how_much_is_offered),
        cmocka_unit_test(the_lines_around_the_cursor_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
