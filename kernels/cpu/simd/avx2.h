/* AVX2 with FMA and F16C: 8 lanes, 16 registers. The names are explained in simd/plain.h. */
#include "kernels/tensor.h"

#include <immintrin.h>
#include <string.h>

#define VF_LANES      8
#define GEMV_ROWS     4
#define FEW_ROWS      2
#define FEW_TOKENS    4
#define GEMM_TOKENS   3
#define SCORE_QUERIES 2
#define VALUE_VECTORS 4

typedef __m256 vf;
typedef __m256i vi;

static inline vf vf_set1(float a) {
    return _mm256_set1_ps(a);
}
static inline vf vf_zero(void) {
    return _mm256_setzero_ps();
}
static inline vf vf_load(const float *p) {
    return _mm256_loadu_ps(p);
}
static inline void vf_store(float *p, vf v) {
    _mm256_storeu_ps(p, v);
}
static inline vf vf_add(vf a, vf b) {
    return _mm256_add_ps(a, b);
}
static inline vf vf_sub(vf a, vf b) {
    return _mm256_sub_ps(a, b);
}
static inline vf vf_mul(vf a, vf b) {
    return _mm256_mul_ps(a, b);
}
static inline vf vf_div(vf a, vf b) {
    return _mm256_div_ps(a, b);
}
static inline vf vf_fma(vf a, vf b, vf c) {
    return _mm256_fmadd_ps(a, b, c);
}
static inline vf vf_max(vf a, vf b) {
    return _mm256_max_ps(a, b);
}
static inline vf vf_min(vf a, vf b) {
    return _mm256_min_ps(a, b);
}
/* Eight lanes to four. */
static inline __m128 vf_fold(vf v) {
    return _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
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
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}

static inline vi vi_set1(int32_t a) {
    return _mm256_set1_epi32(a);
}
static inline vi vi_load_u8(const uint8_t *p) {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p));
}
static inline vi vi_load_i8(const uint8_t *p) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p));
}
static inline vi vi_and(vi a, vi b) {
    return _mm256_and_si256(a, b);
}
static inline vi vi_or(vi a, vi b) {
    return _mm256_or_si256(a, b);
}
static inline vi vi_shl(vi a, int n) {
    return _mm256_slli_epi32(a, n);
}
static inline vi vi_shr(vi a, int n) {
    return _mm256_srli_epi32(a, n);
}
static inline vf vf_from_vi(vi a) {
    return _mm256_cvtepi32_ps(a);
}
static inline vi vi_bits(uint32_t bits, int first) {
    vi lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    vi shifted = _mm256_srlv_epi32(_mm256_set1_epi32((int32_t)(bits >> first)), lanes);
    return _mm256_and_si256(_mm256_slli_epi32(shifted, 4), _mm256_set1_epi32(16));
}

static inline vf vf_load_half(const void *p) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p));
}
static inline void vf_store_half(uint16_t *p, vf v) {
    _mm_storeu_si128((__m128i *)(void *)p, _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
}
static inline vf vf_load_bf16(const void *p) {
    __m128i h = _mm_loadu_si128((const __m128i *)(const void *)p);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(h), 16));
}
static inline float scalar_from_half(uint16_t h) {
    return _cvtsh_ss(h);
}

static inline vf vf_swap_pairs(vf v) {
    return _mm256_permute_ps(v, 0xb1);
}
static inline vf vf_round(vf x) {
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
static inline vf vf_exp2_whole(vf n) {
    vi exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23));
}

struct levels16 {
    vf scale, offset;
};
static inline struct levels16 levels16(float scale, float offset) {
    return (struct levels16){vf_set1(scale), vf_set1(offset)};
}
static inline vf levels16_at(struct levels16 levels, vi q) {
    return vf_fma(vf_from_vi(vi_and(q, vi_set1(15))), levels.scale, levels.offset);
}
#define levels32 levels16
static inline vf levels32_at(struct levels16 levels, vi q) {
    return vf_fma(vf_from_vi(q), levels.scale, levels.offset);
}
