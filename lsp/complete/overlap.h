/* Where a completion begins to say what stands after the cursor already. */
#ifndef AERIE_LSP_COMPLETE_OVERLAP_H
#define AERIE_LSP_COMPLETE_OVERLAP_H

#include "lsp/complete/place.h"

/* The offset in text[0 .. length) at which to cut, or length. Blanks do not count when texts are
 * compared. Cuts are
 *   - before a closing bracket whose opening one is not in the completion, and before the quote
 * that closes the string the cursor is in, where the same character comes first after the cursor;
 *   - before the rest of the line, wherever it occurs outside brackets and strings of the
 * completion;
 *   - if the text is `whole`, before an end of it with which the rest of the line begins.
 * Strings and brackets are told by their characters alone, without a grammar. */
size_t overlap_find(const struct place *place, const char *text, size_t length, bool whole);

#endif
