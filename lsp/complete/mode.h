/* How much a completion may be: the rest of a line, or a few lines. */
#ifndef AERIE_LSP_COMPLETE_MODE_H
#define AERIE_LSP_COMPLETE_MODE_H

#include "lsp/complete/place.h"

enum completion_mode {
    MODE_LINE,  /* up to the end of the cursor's line */
    MODE_LINES, /* from a line with nothing on it: lines of its indentation or deeper */
    MODE_BODY,  /* behind an opening "{", ":", … with no body yet: may begin with a line ending */
};

enum { MODE_MAX_LINES = 8 };

/* Code on the line, on either side of the cursor, means one line; unless the line opens a block
 * that has nothing in it yet. */
enum completion_mode mode_of(const struct place *place);

/* Tokens a completion gets where nobody says otherwise. */
unsigned mode_max_tokens(enum completion_mode mode);

#endif
