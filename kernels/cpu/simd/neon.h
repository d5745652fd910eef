/* AArch64 Advanced SIMD: 4 lanes, 32 registers. The names are explained in simd/plain.h. */
#include "kernels/tensor.h"

#include <arm_neon.h>
#include <string.h>

#define VF_LANES      4
#define GEMV_ROWS     4
#define FEW_ROWS      2
#define FEW_TOKENS    4
#define GEMM_TOKENS   6
#define SCORE_QUERIES 2
#define VALUE_VECTORS 4

typedef float32x4_t vf;
typedef int32x4_t vi;

static inline vf vf_set1(float a) {
    return vdupq_n_f32(a);
}
static inline vf vf_zero(void) {
    return vdupq_n_f32(0);
}
static inline vf vf_load(const float *p) {
    return vld1q_f32(p);
}
static inline void vf_store(float *p, vf v) {
    vst1q_f32(p, v);
}
static inline vf vf_add(vf a, vf b) {
    return vaddq_f32(a, b);
}
static inline vf vf_sub(vf a, vf b) {
    return vsubq_f32(a, b);
}
static inline vf vf_mul(vf a, vf b) {
    return vmulq_f32(a, b);
}
static inline vf vf_div(vf a, vf b) {
    return vdivq_f32(a, b);
}
static inline vf vf_fma(vf a, vf b, vf c) {
    return vfmaq_f32(c, a, b);
}
static inline vf vf_max(vf a, vf b) {
    return vmaxq_f32(a, b);
}
static inline vf vf_min(vf a, vf b) {
    return vminq_f32(a, b);
}
static inline float vf_sum(vf v) {
    return vaddvq_f32(v);
}
static inline void vf_sum4(float *out, vf a, vf b, vf c, vf d) {
    vst1q_f32(out, vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d)));
}
static inline float vf_hmax(vf v) {
    return vmaxvq_f32(v);
}

static inline vi vi_set1(int32_t a) {
    return vdupq_n_s32(a);
}
static inline vi vi_load_u8(const uint8_t *p) {
    uint32_t four;
    memcpy(&four, p, sizeof four);
    uint16x8_t wide = vmovl_u8(vcreate_u8(four));
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(wide)));
}
static inline vi vi_load_i8(const uint8_t *p) {
    uint32_t four;
    memcpy(&four, p, sizeof four);
    return vmovl_s16(vget_low_s16(vmovl_s8(vcreate_s8(four))));
}
static inline vi vi_and(vi a, vi b) {
    return vandq_s32(a, b);
}
static inline vi vi_or(vi a, vi b) {
    return vorrq_s32(a, b);
}
static inline vi vi_shl(vi a, int n) {
    return vshlq_s32(a, vdupq_n_s32(n));
}
static inline vi vi_shr(vi a, int n) {
    return vshlq_s32(a, vdupq_n_s32(-n));
}
static inline vf vf_from_vi(vi a) {
    return vcvtq_f32_s32(a);
}
static inline vi vi_bits(uint32_t bits, int first) {
    static const int32_t to_bit_4[4] = {4, 3, 2, 1};
    vi word = vdupq_n_s32((int32_t)(bits >> first & 15));
    return vandq_s32(vshlq_s32(word, vld1q_s32(to_bit_4)), vdupq_n_s32(16));
}

static inline vf vf_load_half(const void *p) {
    uint64_t four;
    memcpy(&four, p, sizeof four);
    return vcvt_f32_f16(vcreate_f16(four));
}
static inline void vf_store_half(uint16_t *p, vf v) {
    vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32(v)));
}
static inline vf vf_load_bf16(const void *p) {
    uint64_t four;
    memcpy(&four, p, sizeof four);
    return vreinterpretq_f32_u32(vshll_n_u16(vcreate_u16(four), 16));
}
static inline float scalar_from_half(uint16_t h) {
    __fp16 half;
    memcpy(&half, &h, sizeof half);
    return (float)half;
}

static inline vf vf_swap_pairs(vf v) {
    return vrev64q_f32(v);
}
static inline vf vf_round(vf x) {
    return vrndnq_f32(x);
}
static inline vf vf_exp2_whole(vf n) {
    vi exponent = vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127));
    return vreinterpretq_f32_s32(vshlq_n_s32(exponent, 23));
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
