/* What of the model's text is offered. Pure functions over the place and the text.
 *
 * The text has \n line endings and begins at the cursor. While it streams in, trim_end says where
 * it ends so far; what the model writes after that place is of no interest, so generation can stop.
 * When it is all there, trim_completion makes the text to insert of it:
 *
 *   - it ends where its scope ends (see enum completion_mode): at the line's end; before a blank
 *     line, a line indented less than the first one, a repeated line, a line too many;
 *   - it never says again what stands after the cursor: the rest of the line, or the next line;
 *   - a closing bracket or quote that stands after the cursor already ends it;
 *   - no control characters, nothing that is not UTF-8;
 *   - no blanks at its end; the file's own line endings; blanks inside are the model's, untouched.
 */
#ifndef AERIE_LSP_COMPLETE_TRIM_H
#define AERIE_LSP_COMPLETE_TRIM_H

#include "lsp/complete/mode.h"

/* Where the completion ends in text[0 .. length), which does not end inside a character. `whole`:
 * nothing more will come. Smaller than length only where more text could not change it, unless
 * `whole`. */
size_t trim_end(const struct place *place, enum completion_mode mode, const char *text,
                size_t length, bool whole);

/* The text to insert, malloc'ed and 0-terminated, or NULL with *reason set to why there is nothing
 * to offer (static), or NULL with *reason NULL where memory is short. `cut`: generation ended for
 * want of tokens, so that the last of several lines is likely half a line. */
char *trim_completion(const struct place *place, enum completion_mode mode, const char *text,
                      size_t length, bool cut, size_t *out_length, const char **reason);

#endif
