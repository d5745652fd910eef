/* The syntax tree of one text, kept in step with its edits by incremental parsing.
 *
 * The tree always describes some earlier or the present text; syntax_is_current tells which. A
 * parser never fails on broken code: what it cannot read becomes ERROR nodes. */
#ifndef AERIE_LSP_DOCUMENT_SYNTAX_H
#define AERIE_LSP_DOCUMENT_SYNTAX_H

#include "base/error.h"
#include "grammars/registry.h"
#include "lsp/document/document.h"

#include <stdatomic.h>
#include <stdint.h>

enum {
    /* A first parse of a text longer than this takes long enough to be felt: do it off the loop. */
    SYNTAX_INLINE_BYTES = 256 << 10,
    /* A text longer than this gets no tree. */
    SYNTAX_MAX_BYTES = 8 << 20,
};

struct syntax;

/* NULL on failure: ERROR_MEMORY, ERROR_UNSUPPORTED (the grammar is not one this core can run). */
struct syntax *syntax_create(const struct grammar *grammar, struct error *err);
void syntax_free(struct syntax *self); /* NULL is fine */

const struct grammar *syntax_grammar(const struct syntax *self);

/* One edit of the text, told in the order of the edits. Cheap: nothing is parsed. */
void syntax_edited(struct syntax *self, const struct text_edit *edit);

/* Parses what the edits changed, or all of it the first time, at most until *cancel is set (NULL:
 * to the end). False and ERROR_CANCELLED where it was stopped: the old tree stays and is edited,
 * ERROR_UNSUPPORTED for a text over SYNTAX_MAX_BYTES. */
bool syntax_parse(struct syntax *self, const char *text, size_t length, const atomic_bool *cancel,
                  struct error *err);

/* Has the tree been parsed since the last edit? False before the first parse. */
bool syntax_is_current(const struct syntax *self);

/* The tree, or NULL before the first parse; the syntax keeps it. ts_tree_copy makes one that
 * another thread may read. */
const TSTree *syntax_tree(const struct syntax *self);

/* Takes over a tree parsed elsewhere (the thread pool) from exactly the present text. */
void syntax_adopt(struct syntax *self, TSTree *tree);

/* Parses a whole text with a parser of its own, from any thread. NULL where cancelled, too long or
 * out of memory. The caller deletes the tree. */
TSTree *syntax_parse_whole(const struct grammar *grammar, const char *text, size_t length,
                           const atomic_bool *cancel);

/* ERROR and MISSING nodes below and including a node. */
unsigned syntax_count_errors(TSNode node);

#endif
