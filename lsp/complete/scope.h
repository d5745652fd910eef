/* How far a completion reaches: the lines that belong to the place of the cursor. */
#ifndef AERIE_LSP_COMPLETE_SCOPE_H
#define AERIE_LSP_COMPLETE_SCOPE_H

#include "lsp/complete/mode.h"

/* Where the scope ends in text[0 .. length), which has \n line endings and begins at the cursor;
 * `whole`: nothing more will come. Smaller than length only where more text could not change it.
 *
 *   MODE_LINE   before the first line ending.
 *   MODE_LINES  before a blank line, a line indented less than the cursor, the line that stands
 * next in the document, a line said twice, line MODE_MAX_LINES + 1. Inside brackets the completion
 * opened itself blank lines and indentation do not matter. MODE_BODY   the same, for lines indented
 * more than the one that opens the block, and a line of closing brackets after it where the
 * document does not have one. If the opener's line goes on, that line's rest is all. */
size_t scope_end(const struct place *place, enum completion_mode mode, const char *text,
                 size_t length, bool whole);

#endif
