/* The table of weight types, and numbers of 16 bits. */
#include "kernels/tensor.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void every_type_is_found_by_id_and_by_name(void **state) {
    (void)state;
    assert_int_equal(tensor_type_count, 11);
    for (size_t i = 0; i < tensor_type_count; i++) {
        const struct tensor_type_info *info = &tensor_types[i];
        assert_ptr_equal(tensor_type_info((uint32_t)info->type), info);
        assert_ptr_equal(tensor_type_by_name(info->name), info);
        if (i > 0) assert_true(tensor_types[i - 1].type < info->type);
    }
    assert_int_equal(tensor_type_by_name("q4_k")->type, TENSOR_Q4_K);
}

static void unknown_types_are_nobody(void **state) {
    (void)state;
    static const uint32_t strangers[] = {4, 5, 9, 10, 11, 15, 16, 29, 31, 255, UINT32_MAX};
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++)
        assert_null(tensor_type_info(strangers[i]));
    assert_null(tensor_type_by_name("Q3_K"));
    assert_null(tensor_type_by_name(""));
}

static void rows_are_as_long_as_their_blocks(void **state) {
    (void)state;
    assert_int_equal(tensor_row_bytes(TENSOR_F32, 576), 2304);
    assert_int_equal(tensor_row_bytes(TENSOR_Q4_1, 576), 360);
    assert_int_equal(tensor_row_bytes(TENSOR_Q6_K, 4096), 3360);
    assert_int_equal(tensor_row_bytes(TENSOR_BF16, UINT32_MAX), 2 * (uint64_t)UINT32_MAX);
}

static void known_halves_have_their_values(void **state) {
    (void)state;
    static const struct {
        uint16_t half;
        float value;
    } cases[] = {
        {0x0000, 0.0f},      {0x3c00, 1.0f},       {0xc000, -2.0f},     {0x7bff, 65504.0f},
        {0x0001, 0x1p-24f},  {0x03ff, 0x3ffp-24f}, {0x0400, 0x1p-14f},  {0x3555, 0.333251953125f},
        {0xfbff, -65504.0f}, {0x7c00, INFINITY},   {0xfc00, -INFINITY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(half_to_float(cases[i].half) == cases[i].value);
        assert_int_equal(float_to_half(cases[i].value), cases[i].half);
    }
    assert_true(signbit(half_to_float(0x8000)) != 0);
    assert_int_equal(float_to_half(-0.0f), 0x8000);
}

static void every_half_survives_the_way_there_and_back(void **state) {
    (void)state;
    for (uint32_t h = 0; h <= UINT16_MAX; h++) {
        float f = half_to_float((uint16_t)h);
        if (isnan(f))
            assert_true(isnan(half_to_float(float_to_half(f))));
        else
            assert_int_equal(float_to_half(f), h);
    }
}

static void halfway_between_two_halves_goes_to_the_even_one(void **state) {
    (void)state;
    for (uint16_t h = 0; h < 0x7bff; h++) { /* every pair of neighbours, subnormals included */
        double low = half_to_float(h), high = half_to_float((uint16_t)(h + 1));
        float middle = (float)((low + high) / 2); /* exact: float32 has bits to spare */
        uint16_t even = h % 2 == 0 ? h : (uint16_t)(h + 1);
        assert_int_equal(float_to_half(middle), even);
        assert_int_equal(float_to_half(nextafterf(middle, 0)), h);
        assert_int_equal(float_to_half(nextafterf(middle, INFINITY)), h + 1);
    }
    assert_int_equal(float_to_half(65519.0f), 0x7bff);
    assert_int_equal(float_to_half(65520.0f), 0x7c00);
    assert_int_equal(float_to_half(1e-10f), 0);
}

static void bfloat16_is_the_upper_half_rounded_to_even(void **state) {
    (void)state;
    assert_true(bfloat16_to_float(0x3f80) == 1.0f);
    assert_true(bfloat16_to_float(0xc2f7) == -123.5f);
    assert_int_equal(float_to_bfloat16(1.0f), 0x3f80);
    assert_int_equal(float_to_bfloat16(0x1.01p0f), 0x3f80);     /* halfway, down to even */
    assert_int_equal(float_to_bfloat16(0x1.03p0f), 0x3f82);     /* halfway, up to even */
    assert_int_equal(float_to_bfloat16(0x1.010002p0f), 0x3f81); /* just above halfway */
    assert_int_equal(float_to_bfloat16(INFINITY), 0x7f80);
    assert_true(isnan(bfloat16_to_float(float_to_bfloat16(NAN))));
    for (uint32_t b = 0; b <= UINT16_MAX; b++) {
        float f = bfloat16_to_float((uint16_t)b);
        if (!isnan(f)) assert_int_equal(float_to_bfloat16(f), b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_found_by_id_and_by_name),
        cmocka_unit_test(unknown_types_are_nobody),
        cmocka_unit_test(rows_are_as_long_as_their_blocks),
        cmocka_unit_test(known_halves_have_their_values),
        cmocka_unit_test(every_half_survives_the_way_there_and_back),
        cmocka_unit_test(halfway_between_two_halves_goes_to_the_even_one),
        cmocka_unit_test(bfloat16_is_the_upper_half_rounded_to_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
