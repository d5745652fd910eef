/* The languages Aerie can read: one row each, with everything the rest of the program wants to know
 * about a language. Adding a language means a row in registry.c, a package in package.json, a line
 * in CMakeLists.txt and four queries; nothing outside this folder.
 *
 * Queries (tree-sitter's query language, queries/<name>/), all optional:
 *   scopes       @function and @class: what has a signature; @block: a body; @statement
 *   imports      @import: a statement that brings names in
 *   definitions  @definition with its @name and, where it has one that a signature leaves out, its
 *                @body: the signature is the text from the definition's start to the body's
 *   references   @reference: the use of a name */
#ifndef AERIE_GRAMMARS_REGISTRY_H
#define AERIE_GRAMMARS_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

#include <tree_sitter/api.h>

enum query_kind { QUERY_SCOPES, QUERY_IMPORTS, QUERY_DEFINITIONS, QUERY_REFERENCES };
enum { QUERY_KINDS = 4 };

struct grammar {
    const char *name;                /* "python": the folder of its queries */
    const char *const *language_ids; /* LSP language ids, NULL-terminated as all lists here */
    const char *const *extensions;   /* without the dot, lower case: "py" */
    const char *const *file_names;   /* whole names: "CMakeLists.txt" */
    const char *const *interpreters; /* programs of a #! line: "python3" */
    const char *line_comment;        /* "#", or NULL */
    const char *block_comment[2];    /* opening and closing mark, or NULLs */
    const TSLanguage *(*language)(void);
    const char *queries[QUERY_KINDS]; /* source text; "" where there is none */
};

/* All rows, in a fixed order. */
extern const struct grammar grammars[];
extern const size_t grammar_count;

/* Look-ups; NULL where nothing fits. The first line of a file is for its #!; it may be NULL. */
const struct grammar *grammar_for_language_id(const char *language_id);
const struct grammar *grammar_for_path(const char *path, const char *first_line,
                                       size_t first_line_length);

#endif
