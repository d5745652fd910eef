/* Every grammar reads its language, and its queries find what their names promise. */
#include "grammars/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static TSTree *parse(const struct grammar *grammar, const char *source) {
    TSParser *parser = ts_parser_new();
    assert_true(ts_parser_set_language(parser, grammar->language()));
    TSTree *tree = ts_parser_parse_string(parser, NULL, source, (uint32_t)strlen(source));
    assert_non_null(tree);
    ts_parser_delete(parser);
    return tree;
}

static TSQuery *compile(const struct grammar *grammar, enum query_kind kind) {
    uint32_t offset = 0;
    TSQueryError error = TSQueryErrorNone;
    const char *text = grammar->queries[kind];
    TSQuery *query =
        ts_query_new(grammar->language(), text, (uint32_t)strlen(text), &offset, &error);
    if (query == NULL)
        fail_msg("%s, query %d: error %d at …%.60s", grammar->name, kind, error, text + offset);
    return query;
}

/* Is the match's #eq? / #any-of? condition on one capture met? (The only two that are used.) */
static bool predicates_hold(const TSQuery *query, const TSQueryMatch *match, const char *source) {
    uint32_t n = 0;
    const TSQueryPredicateStep *steps =
        ts_query_predicates_for_pattern(query, match->pattern_index, &n);
    if (n == 0) return true;
    const char *subject = NULL;
    size_t length = 0;
    for (uint32_t i = 0; i < match->capture_count; i++)
        if (match->captures[i].index == steps[1].value_id) {
            uint32_t start = ts_node_start_byte(match->captures[i].node);
            subject = source + start;
            length = ts_node_end_byte(match->captures[i].node) - start;
        }
    for (uint32_t i = 2; i < n && subject != NULL; i++) {
        uint32_t value_length = 0;
        if (steps[i].type != TSQueryPredicateStepTypeString) continue;
        const char *value = ts_query_string_value_for_id(query, steps[i].value_id, &value_length);
        if (value_length == length && memcmp(value, subject, length) == 0) return true;
    }
    return false;
}

static uint32_t trimmed(const char *source, uint32_t start, uint32_t end) {
    while (end > start && (source[end - 1] == ' ' || source[end - 1] == '\n'))
        end--;
    return end;
}

/* All matches of a query, one a line: definitions as "name: signature", other captures as their
 * first line. */
static char *describe(const struct grammar *grammar, enum query_kind kind, const char *source) {
    TSTree *tree = parse(grammar, source);
    TSQuery *query = compile(grammar, kind);
    TSQueryCursor *cursor = ts_query_cursor_new();
    ts_query_cursor_exec(cursor, query, ts_tree_root_node(tree));
    char *out = calloc(1, 65536);
    size_t used = 0;
    TSQueryMatch match;
    while (ts_query_cursor_next_match(cursor, &match)) {
        if (!predicates_hold(query, &match, source)) continue;
        uint32_t start = 0, end = 0, body = UINT32_MAX, name_start = 0, name_end = 0;
        for (uint32_t i = 0; i < match.capture_count; i++) {
            uint32_t length = 0;
            const char *capture =
                ts_query_capture_name_for_id(query, match.captures[i].index, &length);
            uint32_t from = ts_node_start_byte(match.captures[i].node);
            uint32_t to = ts_node_end_byte(match.captures[i].node);
            if (strcmp(capture, "definition") == 0 || strcmp(capture, "import") == 0) {
                start = from;
                end = to;
            } else if (strcmp(capture, "name") == 0) {
                name_start = from;
                name_end = to;
            } else if (strcmp(capture, "body") == 0) {
                body = from;
            }
        }
        if (body < end) end = body;
        end = trimmed(source, start, end);
        if (end >= start + 2 && memcmp(source + end - 2, "=>", 2) == 0)
            end = trimmed(source, start, end - 2);
        if (name_end > name_start)
            used += (size_t)snprintf(out + used, 65536 - used,
                                     "%.*s: ", (int)(name_end - name_start), source + name_start);
        used += (size_t)snprintf(out + used, 65536 - used, "%.*s\n", (int)(end - start),
                                 source + start);
        assert_true(used < 65000);
    }
    ts_query_cursor_delete(cursor);
    ts_query_delete(query);
    ts_tree_delete(tree);
    return out;
}

static const struct {
    const char *language_id, *source, *imports, *definitions;
} stories[] = {
    {"c",
     "#include <stdio.h>\n"
     "#define MAX(a, b) ((a) > (b) ? (a) : (b))\n"
     "struct point { int x, y; };\n"
     "typedef unsigned long size;\n"
     "int area(const struct point *p);\n"
     "static char *copy(const char *text, size n) {\n  return 0;\n}\n",
     "#include <stdio.h>\n",
     "MAX: #define MAX(a, b) ((a) > (b) ? (a) : (b))\n"
     "point: struct point { int x, y; }\n"
     "size: typedef unsigned long size;\n"
     "area: int area(const struct point *p);\n"
     "copy: static char *copy(const char *text, size n)\n"},
    {"cpp",
     "#include <vector>\nusing std::vector;\n"
     "namespace geo {\n"
     "class Shape : public Base {\n public:\n  virtual double area() const = 0;\n"
     "  Shape &scale(double by) { return *this; }\n};\n"
     "using Id = int;\n}\n"
     "double geo::total(const vector<int> &all) { return 0; }\n",
     "#include <vector>\nusing std::vector;\n",
     "Shape: class Shape : public Base\n"
     "area: virtual double area() const = 0;\n"
     "scale: Shape &scale(double by)\n"
     "Id: using Id = int;\n"
     "geo::total: double geo::total(const vector<int> &all)\n"},
    {"java",
     "package shop;\nimport java.util.List;\n"
     "public class Cart extends Base {\n  private int total;\n"
     "  Cart(int total) { this.total = total; }\n"
     "  public int add(List<Item> items) { return 0; }\n}\n"
     "interface Priced { int price(); }\n",
     "package shop;\nimport java.util.List;\n",
     "Cart: public class Cart extends Base\n"
     "total: private int total;\n"
     "Cart: Cart(int total)\n"
     "add: public int add(List<Item> items)\n"
     "Priced: interface Priced\n"
     "price: int price();\n"},
    {"javascript",
     "import fs from 'fs';\nconst path = require('path');\n"
     "export function read(name, options) { return 1; }\n"
     "const twice = (x) => x * 2;\n"
     "class Queue extends Base {\n  push(item) { this.n++; }\n}\n",
     "import fs from 'fs';\nconst path = require('path');\n",
     "read: function read(name, options)\n"
     "twice: const twice = (x)\n"
     "Queue: class Queue extends Base\n"
     "push: push(item)\n"},
    {"python",
     "import os\nfrom json import loads\n"
     "LIMIT = 3\n"
     "class Cache(dict):\n    def get(self, key: str) -> int:\n        x = 1\n        return x\n"
     "async def main():\n    pass\n",
     "import os\nfrom json import loads\n",
     "LIMIT: LIMIT = 3\n"
     "Cache: class Cache(dict):\n"
     "get: def get(self, key: str) -> int:\n"
     "main: async def main():\n"},
    {"shellscript",
     "#!/bin/sh\nsource ./lib.sh\n. ./env\nROOT=/srv\nexport MODE=fast\n"
     "greet() {\n  local name=$1\n  echo \"hi $name\"\n}\n",
     "source ./lib.sh\n. ./env\n",
     "ROOT: ROOT=/srv\n"
     "MODE: export MODE=fast\n"
     "greet: greet()\n"},
    {"sql",
     "CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL);\n"
     "CREATE VIEW names AS SELECT name FROM users;\n"
     "WITH recent AS (SELECT * FROM users) SELECT * FROM recent;\n",
     "",
     "users: CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL)\n"
     "names: CREATE VIEW names AS\n"
     "recent: recent AS (\n"},
    {"typescript",
     "import { a } from './a';\n"
     "interface Point { x: number }\ntype Id = string;\n"
     "export function dist(p: Point): number { return 0; }\n",
     "import { a } from './a';\n",
     "Point: interface Point { x: number }\n"
     "Id: type Id = string;\n"
     "dist: function dist(p: Point): number\n"},
    {"rust",
     "use std::fs;\nstruct Point { x: i32 }\nimpl Point {\n    fn norm(&self) -> i32 { self.x "
     "}\n}\n",
     "use std::fs;\n",
     "Point: struct Point { x: i32 }\n"
     "norm: fn norm(&self) -> i32\n"},
    {"go",
     "package main\nimport \"fmt\"\ntype Point struct { X int }\n"
     "func (p *Point) Norm() int { return p.X }\nfunc main() { fmt.Println() }\n",
     "package main\nimport \"fmt\"\n",
     "Point: type Point struct { X int }\n"
     "Norm: func (p *Point) Norm() int\n"
     "main: func main()\n"},
};

static void definitions_and_imports_are_found(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        const struct grammar *grammar = grammar_for_language_id(stories[i].language_id);
        assert_non_null(grammar);
        TSTree *tree = parse(grammar, stories[i].source);
        if (ts_node_has_error(ts_tree_root_node(tree)))
            fail_msg("%s: its own story does not parse", grammar->name);
        ts_tree_delete(tree);
        char *imports = describe(grammar, QUERY_IMPORTS, stories[i].source);
        char *definitions = describe(grammar, QUERY_DEFINITIONS, stories[i].source);
        assert_string_equal(imports, stories[i].imports);
        assert_string_equal(definitions, stories[i].definitions);
        free(imports);
        free(definitions);
    }
}

static void every_query_of_every_language_compiles(void **state) {
    (void)state;
    for (size_t i = 0; i < grammar_count; i++)
        for (int kind = 0; kind < QUERY_KINDS; kind++)
            ts_query_delete(compile(&grammars[i], (enum query_kind)kind));
}

static void a_file_is_known_by_its_name_or_its_first_line(void **state) {
    (void)state;
    static const struct {
        const char *path, *first_line, *name;
    } table[] = {
        {"src/main.c", NULL, "c"},
        {"Main.JAVA", NULL, "java"},
        {"/home/me/.bashrc", NULL, "bash"},
        {"run", "#!/bin/sh -e\n", "bash"},
        {"run", "#!/usr/bin/env python3\n", "python"},
        {"run", "#!/usr/bin/env -S python3.11 -u\n", "python"},
        {"run", "#! /usr/bin/node", "javascript"},
        {"page.tsx", NULL, "tsx"},
        {"notes.txt", NULL, NULL},
        {"run", "#!/usr/bin/perl\n", NULL},
        {"run", "#!", NULL},
        {"run", "#!/usr/bin/env", NULL},
        {".c", NULL, NULL},
        {"", "", NULL},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *line = table[i].first_line;
        const struct grammar *grammar =
            grammar_for_path(table[i].path, line, line == NULL ? 0 : strlen(line));
        if (table[i].name == NULL) {
            assert_null(grammar);
        } else {
            assert_non_null(grammar);
            assert_string_equal(grammar->name, table[i].name);
        }
    }
    assert_null(grammar_for_language_id("plaintext"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_query_of_every_language_compiles),
        cmocka_unit_test(definitions_and_imports_are_found),
        cmocka_unit_test(a_file_is_known_by_its_name_or_its_first_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
