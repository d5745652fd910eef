/* The byte-level vocabulary of the random models. */
#ifndef AERIE_TESTS_SUPPORT_RANDOM_VOCABULARY_H
#define AERIE_TESTS_SUPPORT_RANDOM_VOCABULARY_H

#include "tests/support/gguf_writer.h"

enum {
    VOCABULARY_BYTES = 256,    /* ids 0 .. 255, in GPT-2's order */
    VOCABULARY_MERGED = 12,    /* ids 256 .. 267 */
    VOCABULARY_END = 268,      /* <|endoftext|> */
    VOCABULARY_IM_START = 269, /* <|im_start|> */
    VOCABULARY_IM_END = 270,   /* <|im_end|> */
    VOCABULARY_FIM_PREFIX = 271,
    VOCABULARY_FIM_SUFFIX = 272,
    VOCABULARY_FIM_MIDDLE = 273,
    VOCABULARY_SIZE = 280, /* the rest are unused tokens */
};

/* Number of keys that the next writes. */
unsigned random_vocabulary_keys(bool fim);

/* The tokenizer.ggml.* keys of a vocabulary of n_vocab >= VOCABULARY_SIZE tokens. */
void random_vocabulary_put(struct gguf_writer *w, uint32_t n_vocab, bool fim);

#endif
