/* How a byte-level vocabulary cuts a text into words before it merges inside them: a list of
 * regular expressions, each of which cuts the pieces that the one before it left, both what it
 * matches and what lies between its matches. */
#ifndef AERIE_ENGINE_TOKENIZER_PRETOKENIZER_H
#define AERIE_ENGINE_TOKENIZER_PRETOKENIZER_H

#include "base/error.h"

#include <stddef.h>

enum { PRETOKENIZER_MAX_PATTERNS = 6 };

struct pretokenizer_rules {
    const char *patterns[PRETOKENIZER_MAX_PATTERNS + 1]; /* in order; NULL ends the list */
    bool whole_words; /* a word that is a token as it stands is not merged at all */
};

/* The rules of a name as GGUF's tokenizer.ggml.pre has it, or NULL. */
const struct pretokenizer_rules *pretokenizer_rules_find(const char *name);

/* The rules compiled; immutable. */
struct pretokenizer;

/* NULL on failure: ERROR_MEMORY, ERROR_UNSUPPORTED (built without PCRE2). */
struct pretokenizer *pretokenizer_create(const struct pretokenizer_rules *rules, struct error *err);
void pretokenizer_free(struct pretokenizer *self); /* NULL is fine */

/* Receives one word, never empty; returning false ends the cutting. */
typedef bool pretokenizer_sink(void *user, const char *word, size_t length, struct error *err);

/* Cuts a text into words, in order and without gaps. Bytes that are not UTF-8 are words of their
 * own. Linear in length. False if the sink said so, or on ERROR_MEMORY. */
bool pretokenizer_split(const struct pretokenizer *self, const char *text, size_t length,
                        pretokenizer_sink *sink, void *user, struct error *err);

#endif
