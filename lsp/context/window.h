/* Which part of the text before and after the cursor the model sees.
 *
 * Edges lie at line starts wherever there is one, and on character boundaries always. The upper
 * edge moves in steps of many lines, not with each key, so that two prompts a few keys apart begin
 * with the same tokens and the engine can reuse what it computed for them. */
#ifndef AERIE_LSP_CONTEXT_WINDOW_H
#define AERIE_LSP_CONTEXT_WINDOW_H

#include <stddef.h>

/* Where the window before `offset` begins, so that it holds at most max_bytes; it begins at or
 * shortly after a multiple of `step` (> 0) unless at 0. */
size_t window_before(const char *text, size_t offset, size_t max_bytes, size_t step);

/* Where the window after `offset` ends, so that it holds at most max_bytes: after a whole line
 * where one fits. It depends on the text after the cursor alone. */
size_t window_after(const char *text, size_t length, size_t offset, size_t max_bytes);

#endif
