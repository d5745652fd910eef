/* How many prompt tokens to put into one step.
 *
 * A step cannot be interrupted, so its length is how late a cancellation may come: chunks are sized
 * from the measured speed so that a step takes about CHUNK_TARGET_MS. */
#ifndef AERIE_ENGINE_DECODE_CHUNK_H
#define AERIE_ENGINE_DECODE_CHUNK_H

#include <stdint.h>

#define CHUNK_TARGET_MS  20.0
#define CHUNK_MIN_TOKENS 16u

struct chunk {
    uint32_t max_tokens;  /* what the backend takes in one step */
    double tokens_per_ms; /* smoothed over steps; 0: nothing measured yet */
};

void chunk_init(struct chunk *self, uint32_t max_step_tokens);

/* Tokens of the next step when `remaining` (at least 1) are left: 1 .. remaining. */
uint32_t chunk_next(const struct chunk *self, uint32_t remaining);

/* A step of n tokens took ms. */
void chunk_measured(struct chunk *self, uint32_t n, double ms);

#endif
