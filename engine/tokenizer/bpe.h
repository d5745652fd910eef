/* Byte-level BPE: words from a pre-tokenizer, bytes as the first symbols, merges from a ranked list
 * (Radford et al. 2019; Sennrich et al. 2016). */
#ifndef AERIE_ENGINE_TOKENIZER_BPE_H
#define AERIE_ENGINE_TOKENIZER_BPE_H

#include "engine/tokenizer/merges.h"
#include "engine/tokenizer/pretokenizer.h"
#include "engine/tokenizer/vocabulary.h"

struct bpe {
    const struct vocabulary *vocabulary;
    struct pretokenizer *pretokenizer; /* NULL in a build without PCRE2 */
    struct merge_table merges;
    struct token_index words; /* bytes -> id, where whole words go before merges; else empty */
    int32_t bytes[256];       /* the token of each byte, -1 where the vocabulary has none */
};

/* *self is {0} before; on failure (ERROR_FORMAT, ERROR_UNSUPPORTED, ERROR_MEMORY) bpe_free is still
 * due. The vocabulary must outlive it. */
bool bpe_init(struct bpe *self, const struct vocabulary *vocabulary,
              const struct tokenizer_source *source, struct error *err);
void bpe_free(struct bpe *self);

/* Appends the tokens of a text without special tokens. A byte the vocabulary has no token for is
 * left out. ERROR_MEMORY, ERROR_UNSUPPORTED (no PCRE2). */
bool bpe_encode(const struct bpe *self, const char *text, size_t length, struct token_list *out,
                struct error *err);

#endif
