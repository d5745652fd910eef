/* The plain definition of every weight type: the bytes of ggml's blocks to float32.
 *
 * All numbers are little-endian; `half` is IEEE binary16. One block, in the order of its bytes:
 *
 *   Q4_0   32 values   half d; u8 qs[16]                     d * (q - 8)
 *   Q4_1   32 values   half d, m; u8 qs[16]                  d * q + m
 *   Q5_0   32 values   half d; u8 qh[4]; u8 qs[16]           d * (q - 16)
 *   Q5_1   32 values   half d, m; u8 qh[4]; u8 qs[16]        d * q + m
 *   Q8_0   32 values   half d; i8 qs[32]                     d * q
 *   Q4_K  256 values   half d, dmin; u8 scales[12]; u8 qs[128]
 *   Q5_K  256 values   half d, dmin; u8 scales[12]; u8 qh[32]; u8 qs[128]
 *                                                            d * scale_s * q - dmin * min_s
 *   Q6_K  256 values   u8 ql[128]; u8 qh[64]; i8 scales[16]; half d
 *                                                            d * scale_s * (q - 32)
 *
 * 32-value types: value j < 16 has its low four bits in the low nibble of qs[j], value j + 16 in
 * the high nibble; the fifth bit of value j is bit j of qh read as one 32-bit number.
 *
 * Q4_K, Q5_K: eight groups s of 32 values. Groups 2i and 2i+1 are the low and the high nibbles of
 * qs[32i .. 32i+31]; the fifth bit of value l of group s is bit s of qh[l]. The six-bit scales and
 * minima of the groups are packed into 12 bytes, see scale_and_min.
 *
 * Q6_K: two halves of 128 values with 64 bytes of ql and 32 of qh each; a half has four groups s of
 * 32 values. Value l of group s has its low four bits in ql[32 * (s & 1) + l] (low nibble for
 * s < 2, high nibble otherwise) and its upper two in bits 2s, 2s+1 of qh[l]. Sixteen values in a
 * row share one scale. */
#include "kernels/tensor.h"

#include <string.h>

static uint16_t read_u16(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}

static float read_half(const uint8_t *p) {
    return half_to_float(read_u16(p));
}

static uint32_t read_u32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void block_q4_0(const uint8_t *block, float *out) {
    float d = read_half(block);
    const uint8_t *qs = block + 2;
    for (int j = 0; j < 16; j++) {
        out[j] = d * (float)((qs[j] & 15) - 8);
        out[j + 16] = d * (float)((qs[j] >> 4) - 8);
    }
}

static void block_q4_1(const uint8_t *block, float *out) {
    float d = read_half(block), m = read_half(block + 2);
    const uint8_t *qs = block + 4;
    for (int j = 0; j < 16; j++) {
        out[j] = d * (float)(qs[j] & 15) + m;
        out[j + 16] = d * (float)(qs[j] >> 4) + m;
    }
}

static int fifth_bit(uint32_t qh, int j) {
    return (int)(qh >> j & 1) << 4;
}

static void block_q5_0(const uint8_t *block, float *out) {
    float d = read_half(block);
    uint32_t qh = read_u32(block + 2);
    const uint8_t *qs = block + 6;
    for (int j = 0; j < 16; j++) {
        out[j] = d * (float)(((qs[j] & 15) | fifth_bit(qh, j)) - 16);
        out[j + 16] = d * (float)(((qs[j] >> 4) | fifth_bit(qh, j + 16)) - 16);
    }
}

static void block_q5_1(const uint8_t *block, float *out) {
    float d = read_half(block), m = read_half(block + 2);
    uint32_t qh = read_u32(block + 4);
    const uint8_t *qs = block + 8;
    for (int j = 0; j < 16; j++) {
        out[j] = d * (float)((qs[j] & 15) | fifth_bit(qh, j)) + m;
        out[j + 16] = d * (float)((qs[j] >> 4) | fifth_bit(qh, j + 16)) + m;
    }
}

static void block_q8_0(const uint8_t *block, float *out) {
    float d = read_half(block);
    for (int j = 0; j < 32; j++)
        out[j] = d * (float)(int8_t)block[2 + j];
}

/* Scale and minimum of group s of a Q4_K or Q5_K block. The first four of each lie in the low six
 * bits of bytes 0..3 and 4..7; the last four have their low nibbles in bytes 8..11 (scale low,
 * minimum high) and their two upper bits on top of the first eight bytes. */
static void scale_and_min(const uint8_t *packed, int s, int *scale, int *min) {
    if (s < 4) {
        *scale = packed[s] & 63;
        *min = packed[s + 4] & 63;
    } else {
        *scale = (packed[s + 4] & 15) | packed[s - 4] >> 6 << 4;
        *min = packed[s + 4] >> 4 | packed[s] >> 6 << 4;
    }
}

static void block_q4_k(const uint8_t *block, float *out) {
    float d = read_half(block), dmin = read_half(block + 2);
    for (int s = 0; s < 8; s++) {
        const uint8_t *qs = block + 16 + s / 2 * 32;
        int scale, min;
        scale_and_min(block + 4, s, &scale, &min);
        for (int l = 0; l < 32; l++) {
            int q = s % 2 == 0 ? qs[l] & 15 : qs[l] >> 4;
            out[s * 32 + l] = d * (float)scale * (float)q - dmin * (float)min;
        }
    }
}

static void block_q5_k(const uint8_t *block, float *out) {
    float d = read_half(block), dmin = read_half(block + 2);
    const uint8_t *qh = block + 16;
    for (int s = 0; s < 8; s++) {
        const uint8_t *qs = block + 48 + s / 2 * 32;
        int scale, min;
        scale_and_min(block + 4, s, &scale, &min);
        for (int l = 0; l < 32; l++) {
            int q = (s % 2 == 0 ? qs[l] & 15 : qs[l] >> 4) | (qh[l] >> s & 1) << 4;
            out[s * 32 + l] = d * (float)scale * (float)q - dmin * (float)min;
        }
    }
}

static void block_q6_k(const uint8_t *block, float *out) {
    float d = read_half(block + 208);
    for (int half = 0; half < 2; half++) {
        const uint8_t *ql = block + half * 64, *qh = block + 128 + half * 32;
        const uint8_t *scales = block + 192 + half * 8;
        for (int s = 0; s < 4; s++)
            for (int l = 0; l < 32; l++) {
                uint8_t low = ql[32 * (s & 1) + l];
                int q = (s < 2 ? low & 15 : low >> 4) | (qh[l] >> 2 * s & 3) << 4;
                float scale = d * (float)(int8_t)scales[2 * s + l / 16];
                out[half * 128 + s * 32 + l] = scale * (float)(q - 32);
            }
    }
}

static void dequantize_blocks(const struct tensor_type_info *info, const uint8_t *row, float *out,
                              size_t n, void (*block)(const uint8_t *, float *)) {
    for (size_t i = 0; i < n; i += info->block_elements, row += info->block_bytes)
        block(row, out + i);
}

void tensor_dequantize(enum tensor_type type, const void *row, float *out, size_t n) {
    const struct tensor_type_info *info = tensor_type_info((uint32_t)type);
    const uint8_t *bytes = row;
    switch (type) {
    case TENSOR_F32:
        memcpy(out, row, n * sizeof *out);
        return;
    case TENSOR_F16:
        for (size_t i = 0; i < n; i++)
            out[i] = read_half(bytes + 2 * i);
        return;
    case TENSOR_BF16:
        for (size_t i = 0; i < n; i++)
            out[i] = bfloat16_to_float(read_u16(bytes + 2 * i));
        return;
    case TENSOR_Q4_0:
        dequantize_blocks(info, bytes, out, n, block_q4_0);
        return;
    case TENSOR_Q4_1:
        dequantize_blocks(info, bytes, out, n, block_q4_1);
        return;
    case TENSOR_Q5_0:
        dequantize_blocks(info, bytes, out, n, block_q5_0);
        return;
    case TENSOR_Q5_1:
        dequantize_blocks(info, bytes, out, n, block_q5_1);
        return;
    case TENSOR_Q8_0:
        dequantize_blocks(info, bytes, out, n, block_q8_0);
        return;
    case TENSOR_Q4_K:
        dequantize_blocks(info, bytes, out, n, block_q4_k);
        return;
    case TENSOR_Q5_K:
        dequantize_blocks(info, bytes, out, n, block_q5_k);
        return;
    case TENSOR_Q6_K:
        dequantize_blocks(info, bytes, out, n, block_q6_k);
        return;
    }
}
