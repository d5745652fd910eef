#include "engine/decode/chunk.h"

enum { FIRST_CHUNK = 64 }; /* before anything is measured */

void chunk_init(struct chunk *self, uint32_t max_step_tokens) {
    *self = (struct chunk){.max_tokens = max_step_tokens > 0 ? max_step_tokens : 1};
}

uint32_t chunk_next(const struct chunk *self, uint32_t remaining) {
    double wanted = self->tokens_per_ms > 0 ? self->tokens_per_ms * CHUNK_TARGET_MS : FIRST_CHUNK;
    uint32_t n = CHUNK_MIN_TOKENS;
    if (wanted >= self->max_tokens)
        n = self->max_tokens;
    else if (wanted > CHUNK_MIN_TOKENS)
        n = (uint32_t)wanted / 16 * 16; /* whole tiles of the matrix kernels */
    if (n > self->max_tokens) n = self->max_tokens;
    return n < remaining ? n : remaining;
}

void chunk_measured(struct chunk *self, uint32_t n, double ms) {
    /* A handful of tokens says little about the speed of many: reading the weights dominates. */
    if (n < CHUNK_MIN_TOKENS && self->tokens_per_ms > 0) return;
    if (ms < 1e-3) ms = 1e-3;
    double speed = n / ms;
    self->tokens_per_ms = self->tokens_per_ms > 0 ? 0.5 * self->tokens_per_ms + 0.5 * speed : speed;
}
