/* What is offered of what a model writes. A fixture is the document with `^` at the cursor. */
#include "fixture.h"
#include "lsp/complete/trim.h"
#include "lsp/document/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct trimming {
    const char *document; /* with `^` */
    const char *model;    /* what it wrote */
    const char *offered;  /* NULL: nothing */
};

static void run(const struct trimming *table, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct fixture at = fixture_of(table[i].document);
        struct place place = place_of(at.text, at.length, at.offset);
        enum completion_mode mode = mode_of(&place);
        size_t model_length = strlen(table[i].model), length = 0;
        const char *reason;
        char *offered =
            trim_completion(&place, mode, table[i].model, model_length, false, &length, &reason);
        if ((offered == NULL) != (table[i].offered == NULL) ||
            (offered != NULL && strcmp(offered, table[i].offered) != 0))
            fail_msg("'%s' + '%s': '%s' (%s)", table[i].document, table[i].model,
                     offered != NULL ? offered : "", reason != NULL ? reason : "-");
        if (offered != NULL) assert_int_equal(length, strlen(offered));
        if (offered == NULL) assert_non_null(reason);
        free(offered);

        /* Streaming ends at the same place, however the text comes in. */
        size_t end = trim_end(&place, mode, table[i].model, model_length, true);
        for (size_t seen = 0; seen <= model_length; seen++) {
            if (utf8_floor(table[i].model, model_length, seen) != seen) continue;
            size_t so_far = trim_end(&place, mode, table[i].model, seen, false);
            if (so_far < seen && so_far != end)
                fail_msg("'%s' + '%s': ends at %zu after %zu bytes, at %zu after all",
                         table[i].document, table[i].model, so_far, seen, end);
        }
        fixture_free(&at);
    }
}
#define RUN(table) run(table, sizeof(table) / sizeof *(table))

static void code_on_the_line_means_one_line(void **state) {
    (void)state;
    static const struct trimming table[] = {
        {"x = ^", "1\ny = 2\n", "1"},
        {"x = ^\ny = 2\n", "1\n", "1"},
        {"return ^", "a + b   \n", "a + b"},
        {"retu^", "rn x\n}\n", "rn x"},
        {"x = 1^", "\ny = 2\n", NULL},
        {"x = ^", "   \n", NULL},
        {"x = ^", "", NULL},
    };
    RUN(table);
}

static void what_stands_after_the_cursor_is_not_said_again(void **state) {
    (void)state;
    static const struct trimming table[] = {
        {"call(^)", "a, b)", "a, b"},
        {"call(^)", "a, b);\n", "a, b"},
        {"call(^);", "a, b);\n", "a, b"},
        {"call(^)", "f(x)", "f(x)"},
        {"call(^)", "f(x), g(y))", "f(x), g(y)"},
        {"call(^);", "f(x));\n", "f(x)"},
        {"call(^)", ")", NULL},
        {"call(^, y)", "x, y)", "x"},
        {"call(^, y)", "x, y", "x"},
        {"call(^,y)", "x , y) + 1", "x"}, /* blanks do not count */
        {"if (^) {", "x > 0) {\n    y();\n}", "x > 0"},
        {"for (i = 0; ^) {", "i < n; i++) {\n", "i < n; i++"},
        {"a[^]", "i + 1]", "i + 1"},
        {"a[^]", "b[i]", "b[i]"},
        {"x = ^;", "5;\n", "5"},
        {"vector<^> v;", "int> v;\n", "int"},
        {"vector<^>", "map<int, int>>", "map<int, int>"},
        {"f(x^ foo)", " + a foo)", " + a"},
        {"x = ^ + bar", "ba", "ba"},
        {"x = ^ bar", "foo bar", "foo"},
        {"x = ^ bar", "foobar", "foobar"}, /* not inside a word */
        {"x = ^ bar", "foo barbaz", "foo barbaz"},
        {"x = ^ // why", "5;\n", "5;"},
        {"print(^, end=\"\")", "x, end=\"\")", "x"},
        {"f({^})", "a: 1})", "a: 1"},
    };
    RUN(table);
}

static void a_quote_after_the_cursor_ends_the_string(void **state) {
    (void)state;
    static const struct trimming table[] = {
        {"print(\"^\")", "hello\")\n", "hello"},
        {"print(\"^\")", "hello, \" + name)", "hello,"},
        {"print(\"^\")", "say \\\"hi\\\"\")", "say \\\"hi\\\""},
        {"print(\"^\")", "(a) b\")", "(a) b"},
        {"print(\"^ and bye\")", "hello and bye\")", "hello"},
        {"\"\"\"^\"\"\"", "Return the sum.\"\"\"", "Return the sum."},
        {"x = '^'", "it\"s'", "it\"s"},
        {"log(`^`)", "n = ${n}`);", "n = ${n}"},
        {"print(\"a\", ^)", "\"b)\")", "\"b)\""}, /* a bracket in a string closes nothing */
    };
    RUN(table);
}

static void the_next_line_is_not_said_again(void **state) {
    (void)state;
    static const struct trimming table[] = {
        {"def f():\n    ^\n    return x\n", "x = 1\n    return x\n", "x = 1"},
        {"def f():\n    ^\n    return x\n", "return x\n", NULL},
        {"def f():\n    x^\n    x = 1\n", " = 1\n", NULL},
        {"int f() {\n    ^\n}\n", "return 1;\n}\n", "return 1;"},
        {"foo(\n    ^\n)", "a,\n    b)\n", "a,\n    b"},
        {"foo(a, ^\n)", "b)", "b"},
        {"foo(function () {\n    ^\n});\n", "bar();\n});\nbaz();\n", "bar();"},
        {"class A {\n    ^\n}\n", "int x;\n    int y() {\n        return x;\n    }\n}\n",
         "int x;\n    int y() {\n        return x;\n    }"},
        /* A closing line that closes something else than the next line does. */
        {"if a {\n    if b {\n        c();\n    ^\n}", "}\n}\n", "}"},
        {"x = 1;\nx^", " = 1;\n", NULL}, /* nor the line before */
        {"fi\n    f^", "i\n", "i"},      /* but those that every shell script repeats */
    };
    RUN(table);
}

static void lines_end_with_their_block(void **state) {
    (void)state;
    static const struct trimming table[] = {
        {"def f(x):\n    ^\n", "y = x\n    return y\n\ndef g():\n", "y = x\n    return y"},
        {"def f(x):\n    ^\n", "return x\nprint(f(1))\n", "return x"},
        {"def f(x):\n^\n", "    return x\nprint(f(1))\n", "    return x"},
        {"def f(x):\n    ^\n", "if x:\n        return 1\n    return 2\nf(1)",
         "if x:\n        return 1\n    return 2"},
        {"x = 1\n^\n", "y = 2\nz = 3\n\nw = 4\n", "y = 2\nz = 3"},
        {"x = 1\n^\n", "\ny = 2\n", "\ny = 2"},
        {"if x:\n    ^\n", "\n    y = 2\n", NULL}, /* would leave blanks on their own */
        {"x = [\n    ^\n]\n", "1,\n    2,\n]\n", "1,\n    2,"},
        {"^\n", "f({\na: 1,\n\nb: 2,\n});\ng();\n\n", NULL}, /* (an empty document) */
        {"//\n^\n", "f({\na: 1,\n\nb: 2,\n});\ng();\n\n", "f({\na: 1,\n\nb: 2,\n});\ng();"},
        {"    ^\n", "work()\n    work()\n    work()\n", "work()"}, /* a loop */
        {"    ^\n", "f();\n    }\n    }\n", "f();\n    }\n    }"},
        {"a\n^\n", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8"},
    };
    /* The documents above that hold nothing never get here: the trigger declines. */
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strncmp(table[i].document, "^", 1) != 0) run(&table[i], 1);
}

static void an_opened_block_gets_its_body(void **state) {
    (void)state;
    static const struct trimming table[] = {
        {"def f(x):^\n", "\n    return x\n\ndef g():", "\n    return x"},
        {"def f(x):^\n", " return x\n", " return x"},
        {"int f() {^\n", "\n    return 1;\n}\nint g() {\n", "\n    return 1;\n}"},
        {"int f() {^\n}\n", "\n    return 1;\n}\n", "\n    return 1;"},
        {"class A {\n    int f() {^\n}\n", "\n        return 1;\n    }\n}\n",
         "\n        return 1;\n    }"},
        {"if (x) {^\n", "\n    a();\n} else {\n    b();\n}\n", "\n    a();"},
        {"foo(^", "a, b)\n", "a, b)"},
        {"if true; then^\n", "\n    echo yes\nfi\n", "\n    echo yes"},
        {"void f() {^", "\n\tg();\n}\n", "\n\tg();\n}"},
    };
    RUN(table);
}

static void the_end_of_the_document_may_be_closed(void **state) {
    (void)state;
    static const struct trimming table[] = {
        {"int f() {\n    ^", "return 1;\n}\n\nint g() {", "return 1;\n}"},
        {"int f() {\n    ^", "return 1;\n} else {", "return 1;"},
        {"int f() {\n    ^\n}", "return 1;\n}", "return 1;"},
    };
    RUN(table);
}

static void the_file_keeps_its_line_endings_and_tabs(void **state) {
    (void)state;
    static const struct trimming table[] = {
        {"def f():\r\n    ^\r\n", "a = 1\n    return a\n", "a = 1\r\n    return a"},
        {"def f():\r    ^\r", "a = 1\n    return a\n", "a = 1\r    return a"},
        {"int f() {\n\t^\n}\n", "if (x)\n\t\treturn 1;\n\treturn 2;\n}\n",
         "if (x)\n\t\treturn 1;\n\treturn 2;"},
        {"int f() {\r\n\t^\r\n}\r\n", "return 2;\n}\n", "return 2;"},
    };
    RUN(table);
}

static void nothing_but_text_is_offered(void **state) {
    (void)state;
    static const struct trimming table[] = {
        {"s = ^", "\"a\xef\xbf\xbd\"", "\"a"}, /* U+FFFD: the model broke a character */
        {"s = ^", "1\x1b[31m", "1"},           {"s = ^", "\"😀\"", "\"😀\""},
        {"s = ^", "\"a\xf0\x9f\"", "\"a"},     {"s = ^", "\x01", NULL},
    };
    RUN(table);
}

static void half_a_line_at_the_end_is_dropped(void **state) {
    (void)state;
    struct fixture at = fixture_of("def f():\n    ^\n");
    struct place place = place_of(at.text, at.length, at.offset);
    const char *model = "x = compute()\n    return x.va";
    size_t length;
    const char *reason;
    char *offered =
        trim_completion(&place, MODE_LINES, model, strlen(model), true, &length, &reason);
    assert_string_equal(offered, "x = compute()");
    free(offered);
    /* One line alone is better than nothing. */
    offered = trim_completion(&place, MODE_LINES, "x = comp", 8, true, &length, &reason);
    assert_string_equal(offered, "x = comp");
    free(offered);
    fixture_free(&at);
}

/* SplitMix64. */
static uint64_t seed = 3;
static uint64_t random_below(uint64_t n) {
    uint64_t z = seed += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (z ^ z >> 31) % n;
}

static size_t random_text(char *out, size_t most) {
    static const char *const pieces[] = {"a", "bar", " ", "  ", "\n", "\n    ", "(",   ")",   "{",
                                         "}", "\"",  "'", ";",  ",",  "\t",     "}\n", "é",   "😀",
                                         "[", "]",   "<", ">",  "\\", ":",      "fi",  "\x80"};
    size_t length = 0;
    for (uint64_t n = random_below(most); n > 0; n--) {
        const char *piece = pieces[random_below(sizeof pieces / sizeof *pieces)];
        memcpy(out + length, piece, strlen(piece));
        length += strlen(piece);
    }
    return length;
}

static void whatever_the_texts_are_the_rules_hold(void **state) {
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char document[256], model[256];
        size_t length = random_text(document, 24), n_model = random_text(model, 24), n = 0;
        size_t offset = (size_t)random_below(length + 1);
        struct place place = place_of(document, length, offset);
        enum completion_mode mode = mode_of(&place);
        size_t end = trim_end(&place, mode, model, n_model, true);
        assert_true(end <= n_model);
        for (size_t seen = 0; seen <= n_model; seen++) {
            if (utf8_floor(model, n_model, seen) != seen) continue;
            size_t so_far = trim_end(&place, mode, model, seen, false);
            if (so_far < seen && so_far != end)
                fail_msg("round %d: ends at %zu after %zu bytes, at %zu after all %zu:\n%.*s^%.*s\n"
                         "----\n%.*s",
                         round, so_far, seen, end, n_model, (int)offset, document,
                         (int)(length - offset), document + offset, (int)n_model, model);
        }
        const char *reason;
        char *offered = trim_completion(&place, mode, model, n_model, round % 2, &n, &reason);
        if (offered == NULL) {
            assert_non_null(reason);
            continue;
        }
        assert_null(reason);
        assert_true(n > 0 && !place_is_blank(offered[n - 1]));
        if (!place.blank_after) assert_null(strchr(offered, '\n'));
        free(offered);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_on_the_line_means_one_line),
        cmocka_unit_test(what_stands_after_the_cursor_is_not_said_again),
        cmocka_unit_test(a_quote_after_the_cursor_ends_the_string),
        cmocka_unit_test(the_next_line_is_not_said_again),
        cmocka_unit_test(lines_end_with_their_block),
        cmocka_unit_test(an_opened_block_gets_its_body),
        cmocka_unit_test(the_end_of_the_document_may_be_closed),
        cmocka_unit_test(the_file_keeps_its_line_endings_and_tabs),
        cmocka_unit_test(nothing_but_text_is_offered),
        cmocka_unit_test(half_a_line_at_the_end_is_dropped),
        cmocka_unit_test(whatever_the_texts_are_the_rules_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
