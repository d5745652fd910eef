/* Vocabularies small enough to reckon by hand. */
#ifndef AERIE_TESTS_TINY_VOCABULARY_H
#define AERIE_TESTS_TINY_VOCABULARY_H

#include "engine/tokenizer/tokenizer.h"

enum { TINY_MAX_TOKENS = 400, TINY_MAX_MERGES = 64, TINY_TEXT = 8192 };

struct tiny_vocabulary {
    struct tokenizer_source source; /* points into the rest: do not copy */
    struct text_view tokens[TINY_MAX_TOKENS];
    int32_t kinds[TINY_MAX_TOKENS];
    float scores[TINY_MAX_TOKENS];
    struct text_view merges[TINY_MAX_MERGES];
    char text[TINY_TEXT]; /* what the views show */
    size_t text_used;
};

/* Byte-level: ids 0 to 255 are the bytes of the same number, then come TINY_THE, … */
enum {
    TINY_TH = 256,
    TINY_THE,
    TINY_BLANK_THE,   /* " the" */
    TINY_NN,          /* two line ends */
    TINY_LESS_SLASH,  /* "</" */
    TINY_E_ACUTE,     /* both bytes of U+00E9 */
    TINY_END_OF_TEXT, /* control: "<|endoftext|>" */
    TINY_CLOSE_S,     /* control: "</s>" */
    TINY_TAG,         /* user-defined: "<tag>" */
    TINY_TAG_LONG,    /* user-defined: "<tag>>" */
    TINY_FIM_PREFIX,  /* "<fim_prefix>", which the file calls an ordinary token */
    TINY_FIM_SUFFIX,
    TINY_FIM_MIDDLE,
    TINY_BPE_SIZE,
};
void tiny_bpe(struct tiny_vocabulary *self, const char *pre);

/* SentencePiece: <unk>, <s>, </s>, 256 byte tokens from id 3 on, then: */
enum {
    TINY_SP_BYTES = 3,
    TINY_SP_BLANK = 259, /* U+2581 */
    TINY_SP_A,
    TINY_SP_B,
    TINY_SP_C,
    TINY_SP_AB,
    TINY_SP_BC, /* better than "ab" */
    TINY_SP_ABC,
    TINY_SP_BLANK_A,
    TINY_SP_TWO_BLANKS,
    TINY_SP_USER, /* user-defined: "[user]" */
    TINY_SP_SIZE,
};
void tiny_sentencepiece(struct tiny_vocabulary *self);

/* One more token, merge. */
void tiny_add_token(struct tiny_vocabulary *self, const char *bytes, size_t length, int32_t kind,
                    float score);
void tiny_add_merge(struct tiny_vocabulary *self, const char *merge);

#endif
