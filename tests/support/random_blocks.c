#include "tests/support/random_blocks.h"

#include <string.h>

uint64_t random_next(struct random_bits *self) {
    uint64_t z = self->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

float random_signed(struct random_bits *self) {
    int32_t n = (int32_t)(random_next(self) >> 40) - (1 << 23);
    return (float)n * 0x1p-23f;
}

static void random_bytes(struct random_bits *self, uint8_t *out, size_t n) {
    for (; n >= 8; n -= 8, out += 8) {
        uint64_t bits = random_next(self);
        memcpy(out, &bits, 8);
    }
    if (n > 0) {
        uint64_t bits = random_next(self);
        memcpy(out, &bits, n);
    }
}

/* A scale near `scale`, from 3/4 of it to 5/4. Powers of two keep the product exact enough to be
 * the same in every compiler's float32. */
static float vary(struct random_bits *self, float scale) {
    return scale * ((float)(96 + (random_next(self) >> 58)) * 0x1p-7f);
}

static void put_half(uint8_t *at, float value) {
    uint16_t half = float_to_half(value);
    memcpy(at, &half, 2);
}

/* ---- blocks of 32 ---------------------------------------------------------------------------- */

/* Quants uniform over 0 .. 2^bits-1 have the standard deviation below and the mean (2^bits-1)/2. */
#define SPREAD_4 4.610f
#define SPREAD_5 9.233f
#define SPREAD_6 18.473f
#define SPREAD_8 73.32f

static void block_q8_0(struct random_bits *r, float sigma, uint8_t *b) {
    put_half(b, vary(r, sigma / SPREAD_8));
    random_bytes(r, b + 2, 32);
    for (int i = 2; i < 34; i++)
        if (b[i] == 0x80) b[i] = 0x81; /* quantisers stop at -127 */
}

static void block_q4_0(struct random_bits *r, float sigma, uint8_t *b) {
    put_half(b, vary(r, sigma / SPREAD_4));
    random_bytes(r, b + 2, 16);
}

static void block_q4_1(struct random_bits *r, float sigma, uint8_t *b) {
    float d = vary(r, sigma / SPREAD_4);
    put_half(b, d);
    put_half(b + 2, -vary(r, 7.5f * d));
    random_bytes(r, b + 4, 16);
}

static void block_q5_0(struct random_bits *r, float sigma, uint8_t *b) {
    put_half(b, vary(r, sigma / SPREAD_5));
    random_bytes(r, b + 2, 20);
}

static void block_q5_1(struct random_bits *r, float sigma, uint8_t *b) {
    float d = vary(r, sigma / SPREAD_5);
    put_half(b, d);
    put_half(b + 2, -vary(r, 15.5f * d));
    random_bytes(r, b + 4, 20);
}

/* ---- blocks of 256 --------------------------------------------------------------------------- */

/* Eight 6-bit scales and eight 6-bit minima in 12 bytes, as Q4_K and Q5_K pack them. The minima
 * stay near the scales, so that `scale * quant - minimum` is centred. */
static void put_packed_scales(struct random_bits *r, uint8_t *out) {
    uint8_t scale[8], minimum[8];
    for (int j = 0; j < 8; j++) {
        scale[j] = (uint8_t)(24 + random_next(r) % 36);
        minimum[j] = (uint8_t)(scale[j] - 4 + random_next(r) % 8);
    }
    for (int j = 0; j < 4; j++) {
        out[j] = (uint8_t)(scale[j] | (scale[j + 4] >> 4) << 6);
        out[j + 4] = (uint8_t)(minimum[j] | (minimum[j + 4] >> 4) << 6);
        out[j + 8] = (uint8_t)((scale[j + 4] & 15) | (minimum[j + 4] & 15) << 4);
    }
}

enum { MEAN_SCALE = 42 };

static void block_q4_k(struct random_bits *r, float sigma, uint8_t *b) {
    float d = vary(r, sigma / (SPREAD_4 * MEAN_SCALE));
    put_half(b, d);
    put_half(b + 2, 7.5f * d);
    put_packed_scales(r, b + 4);
    random_bytes(r, b + 16, 128);
}

static void block_q5_k(struct random_bits *r, float sigma, uint8_t *b) {
    float d = vary(r, sigma / (SPREAD_5 * MEAN_SCALE));
    put_half(b, d);
    put_half(b + 2, 15.5f * d);
    put_packed_scales(r, b + 4);
    random_bytes(r, b + 16, 32 + 128);
}

static void block_q6_k(struct random_bits *r, float sigma, uint8_t *b) {
    random_bytes(r, b, 128 + 64);
    for (int j = 0; j < 16; j++) {
        int scale = 24 + (int)(random_next(r) % 36);
        if (random_next(r) >> 63) scale = -scale;
        b[192 + j] = (uint8_t)(int8_t)scale;
    }
    put_half(b + 208, vary(r, sigma / (SPREAD_6 * MEAN_SCALE)));
}

/* ---- rows
 * ---------------------------------------------------------------------------------------- */

static void random_floats(struct random_bits *r, enum tensor_type type, float sigma, uint8_t *out,
                          size_t n) {
    float width = 1.7320508f * sigma; /* half the width of a uniform distribution */
    for (size_t i = 0; i < n; i++) {
        float value = random_signed(r) * width;
        if (type == TENSOR_F32) {
            memcpy(out + 4 * i, &value, 4);
            continue;
        }
        uint16_t half = type == TENSOR_F16 ? float_to_half(value) : float_to_bfloat16(value);
        memcpy(out + 2 * i, &half, 2);
    }
}

void random_row(struct random_bits *self, enum tensor_type type, float sigma, void *out, size_t n) {
    void (*block)(struct random_bits *, float, uint8_t *) = NULL;
    switch (type) {
    case TENSOR_F32:
    case TENSOR_F16:
    case TENSOR_BF16:
        random_floats(self, type, sigma, out, n);
        return;
    case TENSOR_Q8_0:
        block = block_q8_0;
        break;
    case TENSOR_Q4_0:
        block = block_q4_0;
        break;
    case TENSOR_Q4_1:
        block = block_q4_1;
        break;
    case TENSOR_Q5_0:
        block = block_q5_0;
        break;
    case TENSOR_Q5_1:
        block = block_q5_1;
        break;
    case TENSOR_Q4_K:
        block = block_q4_k;
        break;
    case TENSOR_Q5_K:
        block = block_q5_k;
        break;
    case TENSOR_Q6_K:
        block = block_q6_k;
        break;
    }
    const struct tensor_type_info *info = tensor_type_info(type);
    uint8_t *at = out;
    for (size_t i = 0; i < n; i += info->block_elements, at += info->block_bytes)
        block(self, sigma, at);
}
