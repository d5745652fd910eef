/* Vectors in the compiler's own vector extension: runs everywhere, and is the model the other
 * simd/ headers follow. Each of them defines the same names for its instruction set:
 *
 *   vf            VF_LANES floats             vi             VF_LANES 32-bit integers
 *   vf_fma(a,b,c) a * b + c                   vf_sum, vf_hmax across the lanes, in a fixed order
 *   vf_sum4       the sums of four vectors, each with the bits of vf_sum
 *   levels16      the sixteen values scale * q + offset, looked up by q & 15; levels32 likewise
 *   vi_bits       lane i: bit first + i of `bits`, moved to bit 4
 *
 * and the tile sizes its register file allows:
 *
 *   GEMV_ROWS               rows that meet one token at a time
 *   FEW_ROWS × FEW_TOKENS   accumulators of a matrix times few tokens
 *   4 × GEMM_TOKENS         those of a matrix times many
 *   SCORE_QUERIES           queries that share a pass over a page, at most
 *   VALUE_VECTORS           vectors of a value's dimensions they sum up at a time */
#include "kernels/tensor.h"

#include <math.h>
#include <string.h>

#define VF_LANES      4
#define GEMV_ROWS     1
#define FEW_ROWS      1
#define FEW_TOKENS    2
#define GEMM_TOKENS   2
#define SCORE_QUERIES 2
#define VALUE_VECTORS 2

typedef float vf __attribute__((vector_size(16)));
typedef int32_t vi __attribute__((vector_size(16)));

static inline vf vf_set1(float a) {
    return (vf){a, a, a, a};
}
static inline vf vf_zero(void) {
    return vf_set1(0);
}
static inline vf vf_load(const float *p) {
    vf v;
    memcpy(&v, p, sizeof v);
    return v;
}
static inline void vf_store(float *p, vf v) {
    memcpy(p, &v, sizeof v);
}
static inline vf vf_add(vf a, vf b) {
    return a + b;
}
static inline vf vf_sub(vf a, vf b) {
    return a - b;
}
static inline vf vf_mul(vf a, vf b) {
    return a * b;
}
static inline vf vf_div(vf a, vf b) {
    return a / b;
}
static inline vf vf_fma(vf a, vf b, vf c) {
    return a * b + c;
}
static inline vf vf_select(vi mask, vf a, vf b) {
    return (vf)((mask & (vi)a) | (~mask & (vi)b));
}
static inline vf vf_max(vf a, vf b) {
    return vf_select(a > b, a, b);
}
static inline vf vf_min(vf a, vf b) {
    return vf_select(a < b, a, b);
}
static inline float vf_sum(vf v) {
    return (v[0] + v[2]) + (v[1] + v[3]);
}
static inline void vf_sum4(float *out, vf a, vf b, vf c, vf d) {
    out[0] = vf_sum(a);
    out[1] = vf_sum(b);
    out[2] = vf_sum(c);
    out[3] = vf_sum(d);
}
static inline float vf_hmax(vf v) {
    return fmaxf(fmaxf(v[0], v[2]), fmaxf(v[1], v[3]));
}

static inline vi vi_set1(int32_t a) {
    return (vi){a, a, a, a};
}
static inline vi vi_load_u8(const uint8_t *p) {
    return (vi){p[0], p[1], p[2], p[3]};
}
static inline vi vi_load_i8(const uint8_t *p) {
    return (vi){(int8_t)p[0], (int8_t)p[1], (int8_t)p[2], (int8_t)p[3]};
}
static inline vi vi_and(vi a, vi b) {
    return a & b;
}
static inline vi vi_or(vi a, vi b) {
    return a | b;
}
static inline vi vi_shl(vi a, int n) {
    return a << n;
}
static inline vi vi_shr(vi a, int n) {
    return a >> n;
}
static inline vf vf_from_vi(vi a) {
    return __builtin_convertvector(a, vf);
}
static inline vi vi_bits(uint32_t bits, int first) {
    bits >>= first;
    return (vi){(int32_t)(bits & 1) << 4, (int32_t)(bits & 2) << 3, (int32_t)(bits & 4) << 2,
                (int32_t)(bits & 8) << 1};
}

static inline vf vf_load_half(const void *p) {
    uint16_t h[4];
    memcpy(h, p, sizeof h);
    return (vf){half_to_float(h[0]), half_to_float(h[1]), half_to_float(h[2]), half_to_float(h[3])};
}
static inline void vf_store_half(uint16_t *p, vf v) {
    for (int i = 0; i < 4; i++)
        p[i] = float_to_half(v[i]);
}
static inline vf vf_load_bf16(const void *p) {
    uint16_t b[4];
    memcpy(b, p, sizeof b);
    return (vf)((vi){b[0], b[1], b[2], b[3]} << 16);
}
static inline float scalar_from_half(uint16_t h) {
    return half_to_float(h);
}

/* Neighbours change places: (a, b) -> (b, a). */
static inline vf vf_swap_pairs(vf v) {
    return (vf){v[1], v[0], v[3], v[2]};
}

/* 2^n for whole n, and the whole number next to x. */
static inline vf vf_round(vf x) {
    vf magic = vf_set1(12582912.0f); /* 1.5 * 2^23: its last bit is worth 1 */
    return (x + magic) - magic;
}
static inline vf vf_exp2_whole(vf n) {
    return (vf)((__builtin_convertvector(n, vi) + 127) << 23);
}

struct levels16 {
    vf scale, offset;
};
static inline struct levels16 levels16(float scale, float offset) {
    return (struct levels16){vf_set1(scale), vf_set1(offset)};
}
static inline vf levels16_at(struct levels16 levels, vi q) {
    return vf_fma(vf_from_vi(q & 15), levels.scale, levels.offset);
}
#define levels32 levels16
static inline vf levels32_at(struct levels16 levels, vi q) {
    return vf_fma(vf_from_vi(q), levels.scale, levels.offset);
}
