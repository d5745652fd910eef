#include "engine/decode/prng.h"

/* splitmix64: a counter whose bits are mixed; it never gives four zeros in a row. */
static uint64_t splitmix(uint64_t *counter) {
    uint64_t z = *counter += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void prng_seed(struct prng *self, uint64_t seed) {
    for (int i = 0; i < 4; i++)
        self->state[i] = splitmix(&seed);
}

static uint64_t rotate_left(uint64_t x, int bits) {
    return (x << bits) | (x >> (64 - bits));
}

uint64_t prng_next(struct prng *self) {
    uint64_t *s = self->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double prng_uniform(struct prng *self) {
    return (double)(prng_next(self) >> 11) * 0x1p-53;
}
