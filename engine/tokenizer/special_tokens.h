/* Tokens that are found in a text as whole strings, before anything else cuts it. */
#ifndef AERIE_ENGINE_TOKENIZER_SPECIAL_TOKENS_H
#define AERIE_ENGINE_TOKENIZER_SPECIAL_TOKENS_H

#include "engine/tokenizer/vocabulary.h"

struct special_token {
    struct text_view text; /* lives in the vocabulary */
    int32_t id;
};

/* Sorted by bytes. Tokens that share a beginning lie together, so following a text byte by byte
 * narrows a range of this array: a trie without nodes. */
struct special_tokens {
    struct special_token *tokens;
    uint32_t n_tokens;
    uint32_t first[257]; /* those that begin with byte b: tokens[first[b] .. first[b + 1]) */
};

/* User-defined tokens, and with_control those of kind control and unknown too. *self is {0} before.
 * ERROR_MEMORY. */
bool special_tokens_init(struct special_tokens *self, const struct vocabulary *vocabulary,
                         bool with_control, struct error *err);
void special_tokens_free(struct special_tokens *self);

struct special_match {
    size_t start, length; /* length 0: there is none */
    int32_t id;
};

/* The leftmost token in the text, the longest where several begin there. */
struct special_match special_tokens_find(const struct special_tokens *self, const char *text,
                                         size_t length);

#endif
