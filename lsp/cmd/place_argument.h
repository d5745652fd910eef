/* FILE:LINE:COL, as compilers print places. */
#ifndef AERIE_LSP_CMD_PLACE_ARGUMENT_H
#define AERIE_LSP_CMD_PLACE_ARGUMENT_H

#include "lsp/document/document.h"

struct place_argument {
    char *path;            /* malloc'ed; may hold colons */
    uint32_t line, column; /* from 1; the column in bytes of UTF-8 */
};

/* ERROR_ARGUMENT if it is not of that form; ERROR_MEMORY. */
bool place_argument_parse(const char *text, struct place_argument *out, struct error *err);

/* The place in the file's text. ERROR_ARGUMENT where there is no such line or column, or where it
 * is inside a character. */
bool place_argument_offset(const struct place_argument *self, const struct document *document,
                           size_t *offset, struct error *err);

/* The path as a prompt should have it: without what says where on this machine the project lies. A
 * pointer into the path. */
const char *place_argument_short_path(const char *path);

#endif
