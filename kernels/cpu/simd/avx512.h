/* AVX-512 F, BW, DQ, VL: 16 lanes, 32 registers. The names are explained in simd/plain.h. */
#include "kernels/tensor.h"

#include <immintrin.h>
#include <string.h>

#define VF_LANES      16
#define GEMV_ROWS     4
#define FEW_ROWS      2
#define FEW_TOKENS    8
#define GEMM_TOKENS   6
#define SCORE_QUERIES 8
#define VALUE_VECTORS 2

typedef __m512 vf;
typedef __m512i vi;

static inline vf vf_set1(float a) {
    return _mm512_set1_ps(a);
}
static inline vf vf_zero(void) {
    return _mm512_setzero_ps();
}
static inline vf vf_load(const float *p) {
    return _mm512_loadu_ps(p);
}
static inline void vf_store(float *p, vf v) {
    _mm512_storeu_ps(p, v);
}
static inline vf vf_add(vf a, vf b) {
    return _mm512_add_ps(a, b);
}
static inline vf vf_sub(vf a, vf b) {
    return _mm512_sub_ps(a, b);
}
static inline vf vf_mul(vf a, vf b) {
    return _mm512_mul_ps(a, b);
}
static inline vf vf_div(vf a, vf b) {
    return _mm512_div_ps(a, b);
}
static inline vf vf_fma(vf a, vf b, vf c) {
    return _mm512_fmadd_ps(a, b, c);
}
static inline vf vf_max(vf a, vf b) {
    return _mm512_max_ps(a, b);
}
static inline vf vf_min(vf a, vf b) {
    return _mm512_min_ps(a, b);
}
/* Sixteen lanes to four. */
static inline __m128 vf_fold(vf v) {
    __m256 h = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    return _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
}
static inline float vf_sum(vf v) {
    __m128 s = vf_fold(v);
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
static inline void vf_sum4(float *out, vf a, vf b, vf c, vf d) {
    __m128 a4 = vf_fold(a), b4 = vf_fold(b), c4 = vf_fold(c), d4 = vf_fold(d);
    __m128 ab = _mm_add_ps(_mm_unpacklo_ps(a4, b4), _mm_unpackhi_ps(a4, b4));
    __m128 cd = _mm_add_ps(_mm_unpacklo_ps(c4, d4), _mm_unpackhi_ps(c4, d4));
    _mm_storeu_ps(out, _mm_add_ps(_mm_movelh_ps(ab, cd), _mm_movehl_ps(cd, ab)));
}
static inline float vf_hmax(vf v) {
    return _mm512_reduce_max_ps(v);
}

static inline vi vi_set1(int32_t a) {
    return _mm512_set1_epi32(a);
}
static inline vi vi_load_u8(const uint8_t *p) {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
}
static inline vi vi_load_i8(const uint8_t *p) {
    return _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
}
static inline vi vi_and(vi a, vi b) {
    return _mm512_and_si512(a, b);
}
static inline vi vi_or(vi a, vi b) {
    return _mm512_or_si512(a, b);
}
static inline vi vi_shl(vi a, int n) {
    return _mm512_slli_epi32(a, (unsigned)n);
}
static inline vi vi_shr(vi a, int n) {
    return _mm512_srli_epi32(a, (unsigned)n);
}
static inline vf vf_from_vi(vi a) {
    return _mm512_cvtepi32_ps(a);
}
static inline vi vi_bits(uint32_t bits, int first) {
    return _mm512_maskz_set1_epi32((__mmask16)(bits >> first), 16);
}

static inline vf vf_load_half(const void *p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)p));
}
static inline void vf_store_half(uint16_t *p, vf v) {
    _mm256_storeu_si256((__m256i *)(void *)p, _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
}
static inline vf vf_load_bf16(const void *p) {
    __m256i h = _mm256_loadu_si256((const __m256i *)(const void *)p);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(h), 16));
}
static inline float scalar_from_half(uint16_t h) {
    return _cvtsh_ss(h);
}

static inline vf vf_swap_pairs(vf v) {
    return _mm512_permute_ps(v, 0xb1);
}
static inline vf vf_round(vf x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
static inline vf vf_exp2_whole(vf n) {
    return _mm512_scalef_ps(_mm512_set1_ps(1), n);
}

/* The levels themselves sit in a register: one permute looks up sixteen weights, and it reads only
 * the low four bits of each lane. */
struct levels16 {
    vf table;
};
static inline vf vf_iota(float first) {
    vf lanes = _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm512_add_ps(lanes, _mm512_set1_ps(first));
}
static inline struct levels16 levels16(float scale, float offset) {
    return (struct levels16){vf_fma(vf_iota(0), vf_set1(scale), vf_set1(offset))};
}
static inline vf levels16_at(struct levels16 levels, vi q) {
    return _mm512_permutexvar_ps(q, levels.table);
}

struct levels32 {
    vf low, high;
};
static inline struct levels32 levels32(float scale, float offset) {
    return (struct levels32){vf_fma(vf_iota(0), vf_set1(scale), vf_set1(offset)),
                             vf_fma(vf_iota(16), vf_set1(scale), vf_set1(offset))};
}
static inline vf levels32_at(struct levels32 levels, vi q) {
    return _mm512_permutex2var_ps(levels.low, q, levels.high);
}
