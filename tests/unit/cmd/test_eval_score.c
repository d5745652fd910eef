/* How answers are scored against what really stood there. */
#include "lsp/cmd/eval_score.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct text_view view(const char *text) {
    return (struct text_view){text, strlen(text)};
}

static void the_first_line_with_something_on_it_counts(void **state) {
    (void)state;
    static const struct {
        const char *text, *line;
    } table[] = {
        {"return x;", "return x;"},
        {"\n\n   return x;  \n}\n", "return x;"},
        {"\treturn x;\r\n}", "return x;"},
        {"", ""},
        {" \n\t\n", ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct text_view line = score_first_line(table[i].text, strlen(table[i].text));
        assert_int_equal(line.length, strlen(table[i].line));
        assert_memory_equal(line.bytes, table[i].line, line.length);
    }
}

static void similarity_is_one_minus_the_share_of_edits(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        double similarity;
    } table[] = {
        {"", "", 1},
        {"abc", "abc", 1},
        {"abc", "", 0},
        {"abcd", "abxd", .75},
        {"kitten", "sitting", 1 - 3.0 / 7},
        {"ab", "ba", 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        double found = score_edit_similarity(view(table[i].a), view(table[i].b));
        assert_true(found > table[i].similarity - 1e-9 && found < table[i].similarity + 1e-9);
    }
}

static void saying_the_next_line_again_is_noticed(void **state) {
    (void)state;
    static const struct {
        const char *answer, *suffix;
        bool repeats;
    } table[] = {
        {"x = 1\ny = 2", "\ny = 2\n", true},
        {"x = 1\ny = 2\n", "\n\n    y = 2\n", true},
        {"x = 1", "\ny = 2\n", false},
        {"x = 1\n}", "\n}\n", false}, /* brackets end many things */
        {"y = 2", "y = 2", false},    /* the rest of the line is not the next line */
        {"", "\n\n", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_int_equal(score_repeats_suffix(table[i].answer, strlen(table[i].answer),
                                              table[i].suffix, strlen(table[i].suffix)),
                         table[i].repeats);
}

static void an_answer_that_breaks_the_code_has_more_errors(void **state) {
    (void)state;
    struct text_view before = view("int f(int x) {\n"), after = view("\n}\n");
    assert_int_equal(score_parse_errors("c", before, view("return x;"), after), 0);
    assert_true(score_parse_errors("c", before, view("return x; }"), after) > 0);
    assert_int_equal(score_parse_errors("klingon", before, view("}}}"), after), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_with_something_on_it_counts),
        cmocka_unit_test(similarity_is_one_minus_the_share_of_edits),
        cmocka_unit_test(saying_the_next_line_again_is_noticed),
        cmocka_unit_test(an_answer_that_breaks_the_code_has_more_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
