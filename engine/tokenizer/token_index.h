/* From a string to the id that goes with it: open addressing over views that live elsewhere. */
#ifndef AERIE_ENGINE_TOKENIZER_TOKEN_INDEX_H
#define AERIE_ENGINE_TOKENIZER_TOKEN_INDEX_H

#include "engine/tokenizer/tokenizer.h"

struct token_index_slot {
    uint64_t hash;
    struct text_view key; /* bytes NULL: free */
    int32_t id;
};

struct token_index {
    struct token_index_slot *slots;
    size_t n_slots; /* a power of two, or 0 while nothing is in it */
    size_t n_used;
};

/* Start from {0}. */
void token_index_free(struct token_index *self);

/* The bytes of `key` must outlive the index. A key that is already there keeps its first id. Keys
 * are not empty. ERROR_MEMORY. */
bool token_index_add(struct token_index *self, struct text_view key, int32_t id, struct error *err);

/* The id, or -1. */
int32_t token_index_find(const struct token_index *self, struct text_view key);
/* The same where the hash is known already. */
int32_t token_index_find_hashed(const struct token_index *self, uint64_t hash,
                                struct text_view key);

/* The hash is a polynomial, sum of (byte + 1) * BASE^(distance from the end) modulo 2^64, so that
 * the hashes of all beginnings and ends of a string follow from one pass over it. */
#define TOKEN_HASH_BASE 0x9E3779B97F4A7C15u
static inline uint64_t token_hash_push(uint64_t hash, char byte) {
    return hash * TOKEN_HASH_BASE + (uint8_t)byte + 1;
}

#endif
