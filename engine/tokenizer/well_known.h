/* Tokens that models agree on by name: the ends of a text and the marks of fill-in-the-middle. Many
 * files name them in the vocabulary alone, and some call them ordinary tokens. */
#ifndef AERIE_ENGINE_TOKENIZER_WELL_KNOWN_H
#define AERIE_ENGINE_TOKENIZER_WELL_KNOWN_H

#include "engine/tokenizer/token_index.h"

enum well_known_role {
    WELL_KNOWN_END, /* of a text, a turn, a file */
    WELL_KNOWN_FIM_PREFIX,
    WELL_KNOWN_FIM_SUFFIX,
    WELL_KNOWN_FIM_MIDDLE,
};

/* The first token, in order of the names, that has this role by its spelling, or -1. */
int32_t well_known_find(enum well_known_role role, const struct token_index *index,
                        const uint8_t *kinds);

/* Makes every well-known token a control token, whatever the file calls it (text of the user must
 * not turn into one), and sets ends[id] for the ends. */
void well_known_mark(const struct token_index *index, uint8_t *kinds, bool *ends);

#endif
