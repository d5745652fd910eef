/* Weights to float vectors: block b of a row, 32 values in their natural order. The layouts are
 * described in kernels/reference/dequantize.c, which these are held to.
 *
 * `row` may be unaligned. dequantize_TYPE(row, b, w) fills w[VECTORS_32]. */
enum { VECTORS_32 = 32 / VF_LANES, VECTORS_16 = 16 / VF_LANES };

static inline float dequantize_half(const uint8_t *p) {
    uint16_t h;
    memcpy(&h, p, sizeof h);
    return scalar_from_half(h);
}

static inline uint32_t dequantize_u32(const uint8_t *p) {
    uint32_t u;
    memcpy(&u, p, sizeof u);
    return u;
}

static inline void dequantize_f32(const uint8_t *row, size_t b, vf *w) {
    for (size_t i = 0; i < VECTORS_32; i++)
        memcpy(&w[i], row + b * 128 + i * sizeof(vf), sizeof(vf));
}

static inline void dequantize_f16(const uint8_t *row, size_t b, vf *w) {
    for (size_t i = 0; i < VECTORS_32; i++)
        w[i] = vf_load_half(row + b * 64 + i * 2 * VF_LANES);
}

static inline void dequantize_bf16(const uint8_t *row, size_t b, vf *w) {
    for (size_t i = 0; i < VECTORS_32; i++)
        w[i] = vf_load_bf16(row + b * 64 + i * 2 * VF_LANES);
}

/* Sixteen bytes: low nibbles are values 0..15, high nibbles values 16..31. */
static inline void dequantize_nibbles(const uint8_t *qs, struct levels16 levels, vf *w) {
    for (int i = 0; i < VECTORS_16; i++) {
        vi q = vi_load_u8(qs + i * VF_LANES);
        w[i] = levels16_at(levels, q);
        w[i + VECTORS_16] = levels16_at(levels, vi_shr(q, 4));
    }
}

static inline void dequantize_q4_0(const uint8_t *row, size_t b, vf *w) {
    const uint8_t *block = row + b * 18;
    float d = dequantize_half(block);
    dequantize_nibbles(block + 2, levels16(d, -8 * d), w);
}

static inline void dequantize_q4_1(const uint8_t *row, size_t b, vf *w) {
    const uint8_t *block = row + b * 20;
    dequantize_nibbles(block + 4, levels16(dequantize_half(block), dequantize_half(block + 2)), w);
}

/* The same with a fifth bit for every value. */
static inline void dequantize_fives(const uint8_t *qs, uint32_t qh, struct levels32 levels, vf *w) {
    for (int i = 0; i < VECTORS_16; i++) {
        vi q = vi_load_u8(qs + i * VF_LANES);
        vi low = vi_and(q, vi_set1(15)), high = vi_shr(q, 4);
        w[i] = levels32_at(levels, vi_or(low, vi_bits(qh, i * VF_LANES)));
        w[i + VECTORS_16] = levels32_at(levels, vi_or(high, vi_bits(qh, 16 + i * VF_LANES)));
    }
}

static inline void dequantize_q5_0(const uint8_t *row, size_t b, vf *w) {
    const uint8_t *block = row + b * 22;
    float d = dequantize_half(block);
    dequantize_fives(block + 6, dequantize_u32(block + 2), levels32(d, -16 * d), w);
}

static inline void dequantize_q5_1(const uint8_t *row, size_t b, vf *w) {
    const uint8_t *block = row + b * 24;
    float d = dequantize_half(block), m = dequantize_half(block + 2);
    dequantize_fives(block + 8, dequantize_u32(block + 4), levels32(d, m), w);
}

static inline void dequantize_q8_0(const uint8_t *row, size_t b, vf *w) {
    const uint8_t *block = row + b * 34;
    vf d = vf_set1(dequantize_half(block));
    for (int i = 0; i < VECTORS_32; i++)
        w[i] = vf_mul(vf_from_vi(vi_load_i8(block + 2 + i * VF_LANES)), d);
}

/* Six-bit scale and minimum of group s, times d and dmin. */
static inline void dequantize_k_scales(const uint8_t *block, size_t s, float *scale, float *min) {
    const uint8_t *packed = block + 4;
    int sc, m;
    if (s < 4) {
        sc = packed[s] & 63;
        m = packed[s + 4] & 63;
    } else {
        sc = (packed[s + 4] & 15) | packed[s - 4] >> 6 << 4;
        m = packed[s + 4] >> 4 | packed[s] >> 6 << 4;
    }
    *scale = dequantize_half(block) * (float)sc;
    *min = dequantize_half(block + 2) * (float)m;
}

static inline void dequantize_q4_k(const uint8_t *row, size_t b, vf *w) {
    const uint8_t *block = row + b / 8 * 144;
    size_t s = b % 8;
    float scale, min;
    dequantize_k_scales(block, s, &scale, &min);
    struct levels16 levels = levels16(scale, -min);
    const uint8_t *qs = block + 16 + s / 2 * 32;
    if (s % 2 == 0)
        for (int i = 0; i < VECTORS_32; i++)
            w[i] = levels16_at(levels, vi_load_u8(qs + i * VF_LANES));
    else
        for (int i = 0; i < VECTORS_32; i++)
            w[i] = levels16_at(levels, vi_shr(vi_load_u8(qs + i * VF_LANES), 4));
}

static inline void dequantize_q5_k(const uint8_t *row, size_t b, vf *w) {
    const uint8_t *block = row + b / 8 * 176;
    size_t s = b % 8;
    float scale, min;
    dequantize_k_scales(block, s, &scale, &min);
    struct levels32 levels = levels32(scale, -min);
    const uint8_t *qh = block + 16, *qs = block + 48 + s / 2 * 32;
    int nibble = (int)(s % 2) * 4;
    for (int i = 0; i < VECTORS_32; i++) {
        vi low = vi_and(vi_shr(vi_load_u8(qs + i * VF_LANES), nibble), vi_set1(15));
        vi fifth = vi_and(vi_shr(vi_load_u8(qh + i * VF_LANES), (int)s), vi_set1(1));
        w[i] = levels32_at(levels, vi_or(low, vi_shl(fifth, 4)));
    }
}

static inline void dequantize_q6_k(const uint8_t *row, size_t b, vf *w) {
    const uint8_t *block = row + b / 8 * 210;
    size_t half = b % 8 / 4, s = b % 4;
    const uint8_t *ql = block + half * 64 + (s & 1) * 32, *qh = block + 128 + half * 32;
    const uint8_t *scales = block + 192 + half * 8 + s * 2;
    float d = dequantize_half(block + 208);
    int nibble = s < 2 ? 0 : 4;
    for (int i = 0; i < VECTORS_32; i++) {
        vi low = vi_and(vi_shr(vi_load_u8(ql + i * VF_LANES), nibble), vi_set1(15));
        vi top = vi_and(vi_shr(vi_load_u8(qh + i * VF_LANES), 2 * (int)s), vi_set1(3));
        float scale = d * (float)(int8_t)scales[i / VECTORS_16];
        vf q = vf_sub(vf_from_vi(vi_or(low, vi_shl(top, 4))), vf_set1(32));
        w[i] = vf_mul(q, vf_set1(scale));
    }
}
