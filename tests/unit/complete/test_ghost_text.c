/* FILE:LINE:COL, and a completion drawn among the lines around it. */
#include "fixture.h"
#include "lsp/cmd/ghost_text.h"
#include "lsp/cmd/place_argument.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What is drawn, with colours as [grey] and [/] and the gutter's bar as |; malloc'ed. */
static char *draw(const char *marked, const char *text) {
    static const struct {
        const char *escape, *name;
    } names[] = {{"\033[2m", ""}, {"\033[38;5;244m", "[grey]"}, {"\033[0m", "[/]"}, {"│", "|"}};
    struct fixture at = fixture_of(marked);
    struct document *document = document_create("a", "c", 0, at.text, at.length, NULL);
    char *drawn = NULL, *named = NULL;
    size_t length = 0, n_named = 0;
    FILE *out = open_memstream(&drawn, &length);
    ghost_text_print(out, document, at.offset, text, strlen(text));
    fclose(out);
    FILE *renamed = open_memstream(&named, &n_named);
    for (size_t i = 0; i < length;) {
        size_t k = 0;
        while (k < 4 && strncmp(drawn + i, names[k].escape, strlen(names[k].escape)) != 0)
            k++;
        fputs(k < 4 ? names[k].name : (char[]){drawn[i], '\0'}, renamed);
        i += k < 4 ? strlen(names[k].escape) : 1;
    }
    fclose(renamed);
    free(drawn);
    document_free(document);
    fixture_free(&at);
    return named;
}

static void the_offered_text_stands_in_its_line(void **state) {
    (void)state;
    char *drawn = draw("f(^)\r\ng()", "a, b");
    assert_string_equal(drawn, "    1 | [/]f([grey]a, b[/])\n    2 | [/]g()\n");
    free(drawn);
    drawn = draw("1\n2\n3\n4\n5\n\tif x:^\n7\n8\n9\n10\n11", "\r\n\t\ty()");
    assert_string_equal(drawn, "    2 | [/]2\n    3 | [/]3\n    4 | [/]4\n    5 | [/]5\n"
                               "    6 | [/]    if x:[grey][/]\n      | [/][grey]        y()[/]\n"
                               "    7 | [/]7\n    8 | [/]8\n    9 | [/]9\n   10 | [/]10\n");
    free(drawn);
}

static void nothing_in_a_file_controls_the_terminal(void **state) {
    (void)state;
    char *drawn = draw("a\033]0;title\a\xc2\x9b^\xff", "b\033[31m");
    assert_string_equal(drawn, "    1 | [/]a?]0;title??[grey]b?[31m[/]?\n");
    free(drawn);
}

static void a_place_is_a_file_a_line_and_a_column(void **state) {
    (void)state;
    static const struct {
        const char *text, *path; /* NULL: not a place */
        uint32_t line, column;
    } table[] = {
        {"a.c:12:3", "a.c", 12, 3},
        {"C:/a:1:2:3", "C:/a:1", 2, 3},
        {"/x y/ä.py:1:4294967295", "/x y/ä.py", 1, UINT32_MAX},
        {"a.c:1", NULL, 0, 0},
        {"a.c", NULL, 0, 0},
        {"", NULL, 0, 0},
        {":", NULL, 0, 0},
        {"::", NULL, 0, 0},
        {":1:1", NULL, 0, 0},
        {"a.c:0:1", NULL, 0, 0},
        {"a.c:1:0", NULL, 0, 0},
        {"a.c:1:4294967296", NULL, 0, 0},
        {"a.c:-1:1", NULL, 0, 0},
        {"a.c:1:1:", NULL, 0, 0},
        {"a.c:+1:1", NULL, 0, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct place_argument place;
        struct error err = ERROR_INIT;
        bool ok = place_argument_parse(table[i].text, &place, &err);
        if (ok != (table[i].path != NULL)) fail_msg("'%s'", table[i].text);
        if (!ok) {
            assert_int_equal(err.code, ERROR_ARGUMENT);
            continue;
        }
        assert_string_equal(place.path, table[i].path);
        assert_int_equal(place.line, table[i].line);
        assert_int_equal(place.column, table[i].column);
        free(place.path);
    }
}

static void a_place_has_to_be_in_the_file(void **state) {
    (void)state;
    static const char text[] = "one\r\nzwölf\n";
    struct document *document = document_create("a", "c", 0, text, strlen(text), NULL);
    static const struct {
        uint32_t line, column;
        size_t offset; /* SIZE_MAX: refused */
    } table[] = {{1, 1, 0},  {1, 4, 3},        {1, 5, SIZE_MAX}, {2, 1, 5},
                 {2, 3, 7},  {2, 4, SIZE_MAX}, {2, 5, 9},        {2, 7, 11},
                 {3, 1, 12}, {3, 2, SIZE_MAX}, {4, 1, SIZE_MAX}, {UINT32_MAX, 1, SIZE_MAX}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct place_argument place = {"a", table[i].line, table[i].column};
        struct error err = ERROR_INIT;
        size_t offset = SIZE_MAX;
        bool ok = place_argument_offset(&place, document, &offset, &err);
        if (ok != (table[i].offset != SIZE_MAX)) fail_msg("%u:%u", place.line, place.column);
        if (ok) assert_int_equal(offset, table[i].offset);
        if (!ok) assert_int_equal(err.code, ERROR_ARGUMENT);
    }
    document_free(document);
}

static void a_prompt_does_not_tell_where_a_project_lies(void **state) {
    (void)state;
    assert_string_equal(place_argument_short_path("src/a.c"), "src/a.c");
    assert_string_equal(place_argument_short_path("./src/a.c"), "src/a.c");
    assert_string_equal(place_argument_short_path("/nonexistent/home/me/a.c"), "a.c");
    assert_string_equal(place_argument_short_path("../other/a.c"), "a.c");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_offered_text_stands_in_its_line),
        cmocka_unit_test(nothing_in_a_file_controls_the_terminal),
        cmocka_unit_test(a_place_is_a_file_a_line_and_a_column),
        cmocka_unit_test(a_place_has_to_be_in_the_file),
        cmocka_unit_test(a_prompt_does_not_tell_where_a_project_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
