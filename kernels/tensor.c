#include "kernels/tensor.h"

#include <string.h>
#include <strings.h>

const struct tensor_type_info tensor_types[] = {
    {TENSOR_F32, "F32", 1, 4},       {TENSOR_F16, "F16", 1, 2},
    {TENSOR_Q4_0, "Q4_0", 32, 18},   {TENSOR_Q4_1, "Q4_1", 32, 20},
    {TENSOR_Q5_0, "Q5_0", 32, 22},   {TENSOR_Q5_1, "Q5_1", 32, 24},
    {TENSOR_Q8_0, "Q8_0", 32, 34},   {TENSOR_Q4_K, "Q4_K", 256, 144},
    {TENSOR_Q5_K, "Q5_K", 256, 176}, {TENSOR_Q6_K, "Q6_K", 256, 210},
    {TENSOR_BF16, "BF16", 1, 2},
};
const size_t tensor_type_count = sizeof tensor_types / sizeof tensor_types[0];

const struct tensor_type_info *tensor_type_info(uint32_t type_id) {
    for (size_t i = 0; i < tensor_type_count; i++)
        if ((uint32_t)tensor_types[i].type == type_id) return &tensor_types[i];
    return NULL;
}

const struct tensor_type_info *tensor_type_by_name(const char *name) {
    for (size_t i = 0; i < tensor_type_count; i++)
        if (strcasecmp(tensor_types[i].name, name) == 0) return &tensor_types[i];
    return NULL;
}

uint64_t tensor_row_bytes(enum tensor_type type, uint64_t cols) {
    const struct tensor_type_info *info = tensor_type_info((uint32_t)type);
    return info == NULL ? 0 : cols / info->block_elements * info->block_bytes;
}

static float float_of_bits(uint32_t bits) {
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static uint32_t bits_of_float(float f) {
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

/* IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
float half_to_float(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    uint32_t exponent = (h >> 10) & 0x1f, fraction = h & 0x3ff;
    if (exponent == 0x1f) return float_of_bits(sign | 0x7f800000 | fraction << 13);
    if (exponent != 0) return float_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
    float magnitude = (float)fraction * 0x1p-24f; /* subnormal or zero: exact */
    return float_of_bits(sign | bits_of_float(magnitude));
}

uint16_t float_to_half(float f) {
    uint32_t bits = bits_of_float(f);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    uint32_t magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return (uint16_t)(sign | 0x7e00);  /* a quiet NaN */
    if (magnitude >= 0x477ff000) return (uint16_t)(sign | 0x7c00); /* rounds beyond 65504 */
    if (magnitude < 0x38800000) {
        /* Below 2^-14: adding 1/2 leaves the 2^-24 steps of the subnormals in the last bits of the
         * sum, rounded to nearest even by the addition itself. */
        float sum = float_of_bits(magnitude) + 0.5f;
        return (uint16_t)(sign | (bits_of_float(sum) - 0x3f000000));
    }
    uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
    return (uint16_t)(sign | ((rounded - (112u << 23)) >> 13));
}

float bfloat16_to_float(uint16_t b) {
    return float_of_bits((uint32_t)b << 16);
}

uint16_t float_to_bfloat16(float f) {
    uint32_t bits = bits_of_float(f);
    if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40); /* keep it a NaN */
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
