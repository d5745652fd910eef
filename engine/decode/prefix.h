/* Which tokens the key/value cache holds, for one sequence.
 *
 * Position p of the cache holds the keys and values of token p computed behind tokens 0 .. p-1, so
 * what a new sequence shares from its beginning need not be computed again. */
#ifndef AERIE_ENGINE_DECODE_PREFIX_H
#define AERIE_ENGINE_DECODE_PREFIX_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct prefix {
    int32_t *tokens; /* [length], capacity behind it */
    uint32_t length, capacity;
};

/* Room for `capacity` tokens, none held. False on failure: ERROR_MEMORY. */
bool prefix_init(struct prefix *self, uint32_t capacity, struct error *err);
void prefix_release(struct prefix *self); /* a zeroed one is fine */

/* How many tokens from the beginning are the same. */
uint32_t prefix_match(const struct prefix *self, const int32_t *tokens, size_t n);

/* Forgets everything from position `length` on: before a step writes there. */
void prefix_truncate(struct prefix *self, uint32_t length);

/* A step has filled the next n positions. What does not fit the capacity is not held. */
void prefix_append(struct prefix *self, const int32_t *tokens, uint32_t n);

#endif
