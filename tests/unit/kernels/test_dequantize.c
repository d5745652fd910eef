/* Weights as the model file has them, against values from another implementation and by hand. */
#include "kernels/tensor.h"
#include "tests/unit/kernels/dequant_vectors.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof(array)[0])

static void every_type_reads_as_in_the_gguf_package(void **state) {
    (void)state;
    static const struct {
        enum tensor_type type;
        const uint8_t *bytes;
        size_t n_bytes;
        const uint32_t *bits;
        size_t n;
    } cases[] = {
#define CASE(type, name) {type, name##_bytes, N(name##_bytes), name##_bits, N(name##_bits)}
        CASE(TENSOR_F16, f16),   CASE(TENSOR_BF16, bf16), CASE(TENSOR_Q4_0, q4_0),
        CASE(TENSOR_Q4_1, q4_1), CASE(TENSOR_Q5_0, q5_0), CASE(TENSOR_Q5_1, q5_1),
        CASE(TENSOR_Q8_0, q8_0), CASE(TENSOR_Q4_K, q4_k), CASE(TENSOR_Q5_K, q5_k),
        CASE(TENSOR_Q6_K, q6_k),
    };
    for (size_t i = 0; i < N(cases); i++) {
        float out[256];
        assert_true(cases[i].n <= N(out));
        assert_int_equal(tensor_row_bytes(cases[i].type, cases[i].n), cases[i].n_bytes);
        tensor_dequantize(cases[i].type, cases[i].bytes, out, cases[i].n);
        for (size_t j = 0; j < cases[i].n; j++) {
            float expected;
            memcpy(&expected, &cases[i].bits[j], sizeof expected);
            if (!(fabsf(out[j] - expected) <= 1e-6f * fabsf(expected) + 1e-9f))
                fail_msg("%s value %zu: %.9g instead of %.9g",
                         tensor_type_info(cases[i].type)->name, j, (double)out[j],
                         (double)expected);
        }
    }
}

static void floats_are_read_as_they_are(void **state) {
    (void)state;
    const float row[] = {0, -1.5f, 3e38f, 0x1p-149f};
    float out[4];
    tensor_dequantize(TENSOR_F32, row, out, 4);
    assert_memory_equal(out, row, sizeof row);
}

/* Small blocks a reader can check: scale 2 (0x4000), minimum 0.5 (0x3800). */
static void a_block_of_q4_0_by_hand(void **state) {
    (void)state;
    uint8_t block[18] = {0x00, 0x40, 0x8f}; /* first byte: low 15, high 8; the others 0 */
    float out[32];
    tensor_dequantize(TENSOR_Q4_0, block, out, 32);
    assert_true(out[0] == 2 * (15 - 8));
    assert_true(out[16] == 0);
    assert_true(out[1] == -16 && out[31] == -16);
}

static void a_block_of_q5_1_by_hand(void **state) {
    (void)state;
    /* scale 2, minimum 0.5, fifth bits of values 1 and 16, first byte: low 3, high 4 */
    uint8_t block[24] = {0x00, 0x40, 0x00, 0x38, 0x02, 0x00, 0x01, 0x00, 0x43};
    float out[32];
    tensor_dequantize(TENSOR_Q5_1, block, out, 32);
    assert_true(out[0] == 2 * 3 + 0.5f);
    assert_true(out[1] == 2 * 16 + 0.5f);
    assert_true(out[16] == 2 * (16 + 4) + 0.5f);
    assert_true(out[17] == 0.5f);
}

static void a_block_of_q4_k_by_hand(void **state) {
    (void)state;
    uint8_t block[144] = {0x00, 0x40, 0x00, 0x38}; /* d = 2, dmin = 0.5 */
    uint8_t *scales = block + 4, *qs = block + 16;
    scales[0] = 5 | 2 << 6;  /* scale of group 0 is 5; top bits of the scale of group 4 */
    scales[4] = 7 | 1 << 6;  /* minimum of group 0 is 7; top bits of the minimum of group 4 */
    scales[8] = 9 | 10 << 4; /* low bits of both of group 4 */
    qs[0] = 3;               /* value 0 of group 0 */
    qs[64] = 6;              /* value 0 of group 4 */
    float out[256];
    tensor_dequantize(TENSOR_Q4_K, block, out, 256);
    assert_true(out[0] == 2 * 5 * 3 - 0.5f * 7);
    assert_true(out[1] == -0.5f * 7);
    assert_true(out[128] == 2 * (9 + 32) * 6 - 0.5f * (10 + 16));
    assert_true(out[32] == 0);
}

static void a_block_of_q6_k_by_hand(void **state) {
    (void)state;
    uint8_t block[210] = {0};
    block[208] = 0x00;
    block[209] = 0x38;        /* d = 0.5 */
    block[0] = 0x21;          /* ql[0]: low bits 1 of value 0, 2 of value 64 */
    block[128] = 0x30 | 0x3;  /* qh[0]: upper bits 3 of value 0 and of value 64 */
    block[192] = 4;           /* scale of values 0..15 */
    block[196] = (uint8_t)-2; /* scale of values 64..79 */
    float out[256];
    tensor_dequantize(TENSOR_Q6_K, block, out, 256);
    assert_true(out[0] == 0.5f * 4 * (49 - 32));
    assert_true(out[1] == 0.5f * 4 * -32);
    assert_true(out[64] == 0.5f * -2 * (50 - 32));
    assert_true(out[16] == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_reads_as_in_the_gguf_package),
        cmocka_unit_test(floats_are_read_as_they_are),
        cmocka_unit_test(a_block_of_q4_0_by_hand),
        cmocka_unit_test(a_block_of_q5_1_by_hand),
        cmocka_unit_test(a_block_of_q4_k_by_hand),
        cmocka_unit_test(a_block_of_q6_k_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
