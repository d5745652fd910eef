/* A completion never leaves the code more broken than it must: `^` is the cursor, the text offered
 * stands between « and », what is kept of it is the expectation. */
#include "lsp/complete/cut_back.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *language_id, *before, *text, *after, *kept;
} stories[] = {
    /* The block's end stands after the cursor already. */
    {"c", "int f(int x)\n", "{\n    return x;\n}", "\n    return x + 1;\n}\n", "{\n    return x;"},
    {"java", "class A {\n  int f()\n  ", "{\n    return 1;\n  }", "\n    return 2;\n  }\n}\n",
     "{\n    return 1;"},
    {"javascript", "function f(x) ", "{\n  return x;\n}", "\n  return 2;\n}\n", "{\n  return x;"},
    /* A whole body where there is none. */
    {"c", "int f(int x)\n", "{\n    return x;\n}", "\n", "{\n    return x;\n}"},
    {"python", "def f(x):\n    ", "return x", "\n", "return x"},
    {"python", "def f(x):\n    ", "a = 1\n    return (a", "\n", "a = 1"},
    {"shellscript", "cd /tmp\n", "ls\necho \"a", "\n", "ls"},
    {"sql", "SELECT a\n", "FROM t;", "\n", "FROM t;"},
    {"cpp", "void f() {\n  ", "g();\n  if (x) {", "\n}\n", "g();"},
    {"sql", "SELECT a\n", "FROM t;", "\nWHERE a > 1;\n", "FROM t"},
    /* Not even then may it end with what comes next. */
    {"c", "void f(void)\n", "{\n    go();\n    stop();\n}", "\n    stop();\n}\n", "{\n    go();"},
    /* One line stays as it is, however broken. */
    {"c", "int a = (", "1 + ", "\n", "1 + "},
    /* Nobody knows the language. */
    {"klingon", "", "{{{\n}", "", "{{{\n}"},
};

static struct text_view view(const char *text) {
    return (struct text_view){text, strlen(text)};
}

static void completions_are_cut_where_the_code_breaks(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        const struct grammar *grammar = grammar_for_language_id(stories[i].language_id);
        size_t kept = cut_back(grammar, view(stories[i].before), view(stories[i].text),
                               view(stories[i].after));
        if (kept != strlen(stories[i].kept))
            fail_msg("%s: of «%s» between «%s» and «%s» kept «%.*s»", stories[i].language_id,
                     stories[i].text, stories[i].before, stories[i].after, (int)kept,
                     stories[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(completions_are_cut_where_the_code_breaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
