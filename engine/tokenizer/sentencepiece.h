/* The SentencePiece-style BPE of LLaMA (Kudo and Richardson 2018): characters as the first symbols,
 * blanks written U+2581, and of all neighbours that together are a token the one with the best
 * score merges first. What ends as no token is spelled in <0xNN> tokens. */
#ifndef AERIE_ENGINE_TOKENIZER_SENTENCEPIECE_H
#define AERIE_ENGINE_TOKENIZER_SENTENCEPIECE_H

#include "engine/tokenizer/merges.h"
#include "engine/tokenizer/vocabulary.h"

struct sentencepiece {
    const struct vocabulary *vocabulary;
    int32_t unknown;

    /* Every way a token comes apart into two symbols is a merge, ranked by score. */
    struct merge_table merges;

    /* The characters that occur in tokens -> symbol: the id of the token that is this character
     * alone, or vocabulary->size + k for extra[k]. */
    struct token_index characters;
    struct text_view *extra;
    size_t n_extra, extra_capacity;

    int32_t bytes[256]; /* <0xNN>, -1 where the vocabulary has none */

    /* Bit (last byte of a character, first byte of the next): do some two such characters stand
     * side by side inside a token? Where not, no merge can cross, and a text may be cut. */
    uint64_t adjacent[256 * 256 / 64];
};

/* *self is {0} before; on failure (ERROR_FORMAT, ERROR_MEMORY) sentencepiece_free is still due. The
 * vocabulary must outlive it. */
bool sentencepiece_init(struct sentencepiece *self, const struct vocabulary *vocabulary,
                        const struct tokenizer_source *source, struct error *err);
void sentencepiece_free(struct sentencepiece *self);

/* Appends the tokens of a text without special tokens; `space_prefix`: as if a blank stood before
 * it. ERROR_MEMORY. */
bool sentencepiece_encode(const struct sentencepiece *self, const char *text, size_t length,
                          bool space_prefix, struct token_list *out, struct error *err);

#endif
