/* A small deterministic random number generator: xoshiro256** (Blackman and Vigna 2018), its state
 * filled from the seed by splitmix64. The same seed gives the same numbers on every machine. */
#ifndef AERIE_ENGINE_DECODE_PRNG_H
#define AERIE_ENGINE_DECODE_PRNG_H

#include <stdint.h>

struct prng {
    uint64_t state[4]; /* never all zero */
};

void prng_seed(struct prng *self, uint64_t seed); /* any seed is a good one, 0 too */
uint64_t prng_next(struct prng *self);            /* 64 random bits */
double prng_uniform(struct prng *self);           /* in [0, 1), a multiple of 2^-53 */

#endif
