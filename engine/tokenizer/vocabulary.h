/* The tokens of a vocabulary: how they are spelled, what they stand for, what kind they are. */
#ifndef AERIE_ENGINE_TOKENIZER_VOCABULARY_H
#define AERIE_ENGINE_TOKENIZER_VOCABULARY_H

#include "engine/tokenizer/token_index.h"

struct vocabulary {
    uint32_t size;
    struct text_view *spellings; /* [size], into `text` */
    struct text_view *bytes;     /* [size], into `text`: what a token is in running text */
    uint8_t *kinds;              /* [size] of enum token_kind */
    bool *ends;                  /* [size]: does it end a text? */
    char *text;                  /* every spelling, then every token's bytes where they differ */
    struct token_index index;    /* spelling -> id, the lowest where a spelling comes twice */
    int32_t fim_prefix, fim_suffix, fim_middle; /* -1: none */
};

/* Copies and checks what the source says; *self is {0} before. On failure (ERROR_FORMAT,
 * ERROR_MEMORY) vocabulary_free is still due. */
bool vocabulary_init(struct vocabulary *self, const struct tokenizer_source *source,
                     struct error *err);
void vocabulary_free(struct vocabulary *self);

/* May the token come out of plain text, by merging? Control tokens never do. */
bool vocabulary_is_plain(const struct vocabulary *self, int32_t id);

#endif
