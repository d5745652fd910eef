/* A completion that breaks the code is cut back to where it does not. */
#ifndef AERIE_LSP_COMPLETE_CUT_BACK_H
#define AERIE_LSP_COMPLETE_CUT_BACK_H

#include "engine/tokenizer/tokenizer.h" /* struct text_view */
#include "grammars/registry.h"

/* Texts longer than this, with what is around them, are left alone: parsing them takes too long. */
enum { CUT_BACK_MAX_BYTES = 256 << 10 };

/* The length of `text` to keep between `before` and `after`: all of it, all but a final ";", or up
 * to the end of one of its lines, whichever leaves the fewest ERROR and MISSING nodes in the syntax
 * tree of the whole; the longest of these on a tie. A cut after which the last line says what the
 * next one says is not made. All of it where there is no grammar (NULL), where it is empty, or
 * where memory is short. */
size_t cut_back(const struct grammar *grammar, struct text_view before, struct text_view text,
                struct text_view after);

#endif
