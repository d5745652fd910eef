/* What the tokenizer tests have in common. */
#ifndef AERIE_TESTS_TOKENIZER_CHECK_H
#define AERIE_TESTS_TOKENIZER_CHECK_H

#include "engine/tokenizer/tokenizer.h"

/* Made, or the test fails with the reason. */
struct tokenizer *create_or_fail(const struct tokenizer_source *source);

/* Fails unless the text becomes exactly these ids. */
void assert_ids(const struct tokenizer *tokenizer, const char *text, size_t length, unsigned flags,
                const int32_t *ids, size_t n);
#define ASSERT_IDS(tokenizer, text, flags, ...)                                                    \
    assert_ids(tokenizer, text, sizeof(text) - 1, flags, (const int32_t[]){__VA_ARGS__},           \
               sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t))

/* Fails unless encoding and detokenising give the text back, after `skip` bytes. */
void assert_round_trip(const struct tokenizer *tokenizer, const char *text, size_t length,
                       unsigned flags, size_t skip);

/* A small generator: the same numbers on every machine. */
struct numbers {
    uint64_t state;
};
uint32_t next_number(struct numbers *self, uint32_t below);

#endif
