/* A completion as an editor shows it: the lines around the cursor, and in them, grey, the text that
 * is offered. */
#ifndef AERIE_LSP_CMD_GHOST_TEXT_H
#define AERIE_LSP_CMD_GHOST_TEXT_H

#include "lsp/document/document.h"

#include <stdio.h>

/* Prints to a terminal. Control characters of the document and the text are not passed on. */
void ghost_text_print(FILE *out, const struct document *document, size_t offset, const char *text,
                      size_t length);

#endif
