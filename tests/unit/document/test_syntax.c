/* A syntax tree that follows the edits of its text says what a fresh parse would say. */
#include "lsp/document/syntax.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One editing session: the text, then pieces typed or removed at places that leave it whole. */
static const struct {
    const char *language_id, *text;
    const char *pieces[3]; /* each a whole statement or line that may stand before any line */
} sessions[] = {
    {"c", "int a;\nint f(int x) { return x; }\nint b;\n", {"int n;\n", "/* é */\n", "struct s;\n"}},
    {"cpp", "int a;\nclass C { int x; };\n", {"int n;\n", "using T = int;\n", "// 漢字\r\n"}},
    {"java", "class A {}\nclass B { int x; }\n", {"class N {}\n", "interface I {}\n", "// 😀\n"}},
    {"javascript",
     "f(1);\nfunction g() { return 2; }\n",
     {"h();\n", "let x = `a\nb`;\n", "// ü\n"}},
    {"python",
     "a = 1\ndef f():\n    return a\nb = 2\n",
     {"c = 3\n", "# ä\n", "if a:\n    b = 1\n"}},
    {"shellscript",
     "a=1\nf() { echo \"$a\"; }\nf\n",
     {"ls -l\n", "# ß\n", "if true; then ls; fi\n"}},
    {"sql", "SELECT a FROM t;\nSELECT b FROM t;\n", {"SELECT 1;\n", "-- ö\n", "DELETE FROM t;\n"}},
};
enum { N_SESSIONS = sizeof sessions / sizeof *sessions };

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* The offset of a random line's start. */
static size_t random_line(const struct document *document, uint32_t *state) {
    uint32_t line = next_random(state) % document_n_lines(document);
    return document_offset(document, (struct position){line, 0}, ENCODING_UTF8);
}

static void assert_same_tree(const struct grammar *grammar, const TSTree *tree, const char *text,
                             size_t length) {
    TSTree *fresh = syntax_parse_whole(grammar, text, length, NULL);
    assert_non_null(fresh);
    char *expected = ts_node_string(ts_tree_root_node(fresh));
    char *found = ts_node_string(ts_tree_root_node(tree));
    assert_string_equal(found, expected);
    assert_int_equal(ts_node_end_byte(ts_tree_root_node(tree)),
                     ts_node_end_byte(ts_tree_root_node(fresh)));
    free(expected);
    free(found);
    ts_tree_delete(fresh);
}

static void a_tree_that_follows_edits_is_the_tree_of_a_fresh_parse(void **state) {
    (void)state;
    for (size_t i = 0; i < N_SESSIONS; i++) {
        const struct grammar *grammar = grammar_for_language_id(sessions[i].language_id);
        const char *text = sessions[i].text;
        struct document *document =
            document_create("file:///a", sessions[i].language_id, 1, text, strlen(text), NULL);
        struct syntax *syntax = syntax_create(grammar, NULL);
        assert_non_null(document);
        assert_non_null(syntax);
        assert_null(syntax_tree(syntax));
        uint32_t random = 7;
        for (int step = 0; step < 60; step++) {
            const char *piece = sessions[i].pieces[next_random(&random) % 3];
            size_t at = random_line(document, &random), length = strlen(piece);
            struct text_edit edit;
            struct position start = document_position(document, at, ENCODING_UTF8);
            struct range range = {start, start};
            assert_true(document_edit(document, &range, ENCODING_UTF8, piece, length, &edit, NULL));
            syntax_edited(syntax, &edit);
            assert_false(syntax_is_current(syntax));
            /* Some pieces are taken out again, now and then before anybody parsed. */
            if (step % 3 == 0) {
                if (step % 2 == 0)
                    assert_true(syntax_parse(syntax, document_text(document),
                                             document_length(document), NULL, NULL));
                range.end = document_position(document, at + length, ENCODING_UTF8);
                assert_true(document_edit(document, &range, ENCODING_UTF8, "", 0, &edit, NULL));
                syntax_edited(syntax, &edit);
            }
            assert_true(syntax_parse(syntax, document_text(document), document_length(document),
                                     NULL, NULL));
            assert_true(syntax_is_current(syntax));
            if (!ts_node_has_error(ts_tree_root_node(syntax_tree(syntax))))
                assert_same_tree(grammar, syntax_tree(syntax), document_text(document),
                                 document_length(document));
        }
        syntax_free(syntax);
        document_free(document);
    }
}

static void edits_tell_rows_and_byte_columns(void **state) {
    (void)state;
    struct document *document = document_create("file:///a", "c", 1, "a\rb\ncé\r\nd", 10, NULL);
    struct text_edit edit;
    /* "é" is [5, 7); the lone \r begins no row of tree-sitter's. */
    struct range e = {{2, 1}, {2, 2}};
    assert_true(document_edit(document, &e, ENCODING_UTF16, "x\ny", 3, &edit, NULL));
    assert_int_equal(edit.start, 5);
    assert_int_equal(edit.old_end, 7);
    assert_int_equal(edit.new_end, 8);
    assert_int_equal(edit.start_point.row, 1);
    assert_int_equal(edit.start_point.column, 1);
    assert_int_equal(edit.old_end_point.row, 1);
    assert_int_equal(edit.old_end_point.column, 3);
    assert_int_equal(edit.new_end_point.row, 2);
    assert_int_equal(edit.new_end_point.column, 1);
    document_free(document);
}

static void broken_code_has_a_tree_too(void **state) {
    (void)state;
    static const char text[] = "int f( {{{ ) } else \"";
    for (size_t i = 0; i < grammar_count; i++) {
        TSTree *tree = syntax_parse_whole(&grammars[i], text, strlen(text), NULL);
        assert_non_null(tree);
        assert_true(syntax_count_errors(ts_tree_root_node(tree)) > 0);
        ts_tree_delete(tree);
    }
}

static void parsing_can_be_stopped_and_the_text_can_be_too_long(void **state) {
    (void)state;
    const struct grammar *grammar = grammar_for_language_id("c");
    size_t length = (size_t)SYNTAX_MAX_BYTES + 1;
    char *text = malloc(length);
    assert_non_null(text);
    memset(text, ';', length);
    atomic_bool cancel = true;
    struct syntax *syntax = syntax_create(grammar, NULL);
    struct error err = ERROR_INIT;
    assert_false(syntax_parse(syntax, text, 1 << 20, &cancel, &err));
    assert_int_equal(err.code, ERROR_CANCELLED);
    assert_null(syntax_parse_whole(grammar, text, 1 << 20, &cancel));
    error_clear(&err);
    assert_false(syntax_parse(syntax, text, length, NULL, &err));
    assert_int_equal(err.code, ERROR_UNSUPPORTED);
    assert_null(syntax_parse_whole(grammar, text, length, NULL));
    /* It still works afterwards, from the beginning. */
    assert_true(syntax_parse(syntax, "int a;", 6, NULL, NULL));
    assert_same_tree(grammar, syntax_tree(syntax), "int a;", 6);
    syntax_free(syntax);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_that_follows_edits_is_the_tree_of_a_fresh_parse),
        cmocka_unit_test(edits_tell_rows_and_byte_columns),
        cmocka_unit_test(broken_code_has_a_tree_too),
        cmocka_unit_test(parsing_can_be_stopped_and_the_text_can_be_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
