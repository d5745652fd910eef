/* The tokens a model is given for one completion.
 *
 * For now a prompt is a line with the file's path, the window of text before the cursor and, where
 * the vocabulary has the markers for it, the window after the cursor. Line endings are shown to the
 * model as \n whatever the file has.
 *
 * The end of the text before the cursor is held back where a token would straddle it: vocabularies
 * join a blank with the word after it (" return"), so a prompt that ends in a blank asks for a text
 * the model hardly ever saw. The last blank (space or tab) before the cursor is left out, and the
 * completion is expected to begin with it; prompt_skip_held_back takes it off again. */
#ifndef AERIE_LSP_CONTEXT_PROMPT_H
#define AERIE_LSP_CONTEXT_PROMPT_H

#include "base/error.h"
#include "engine/tokenizer/tokenizer.h"

struct prompt_input {
    const char *path;        /* for the header; "" for none */
    const char *language_id; /* decides how the header is a comment */
    const char *text;
    size_t length, offset; /* the cursor, on a character boundary */
    uint32_t max_tokens;   /* what the prompt may take */
};

struct prompt {
    struct token_list tokens;
    size_t window_start, window_end; /* the part of the text the model sees */
    size_t held_back;                /* bytes before the cursor the model does not see: 0 or 1 */
    bool fills_in;                   /* the model sees the text after the cursor */
};

/* ERROR_MEMORY; ERROR_ARGUMENT where max_tokens leaves no room for a prompt. Release *out with
 * prompt_free, whatever came of it. */
bool prompt_build(struct prompt *out, const struct tokenizer *tokenizer,
                  const struct prompt_input *input, struct error *err);
void prompt_free(struct prompt *self);

/* How many bytes at the start of a completion repeat the held back end of the text before the
 * cursor; `before` ends at the cursor. */
size_t prompt_skip_held_back(const char *before_end, size_t held_back, const char *completion,
                             size_t length);

#endif
