/* Norms, gates, rotations and half-precision stores of every instruction set. */
#include "kernels/reference/operations.h"
#include "tests/support/random_blocks.h"
#include "tests/unit/kernels/each_isa.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 200 };

static void random_floats(struct random_bits *random, float *out, size_t n, float scale) {
    for (size_t i = 0; i < n; i++)
        out[i] = scale * random_signed(random);
}

static void assert_close(const float *a, const float *b, size_t n, float relative, float absolute,
                         const char *what) {
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(a[i] - b[i]) <= relative * fabsf(b[i]) + absolute))
            fail_msg("%s: value %zu of %zu is %.9g instead of %.9g", what, i, n, (double)a[i],
                     (double)b[i]);
}

static void norms_of_any_length_agree(void **state) {
    (void)state;
    struct random_bits random = {1};
    float x[MOST], weight[MOST], y[MOST], expected[MOST];
    EACH_ISA(isa) for (size_t n = 1; n <= MOST; n++) {
        random_floats(&random, x, n, 5);
        random_floats(&random, weight, n, 2);
        reference_rms_norm(expected, x, weight, 1e-5f, 1, n);
        isa->rms_norm(y, x, weight, 1e-5f, n);
        assert_close(y, expected, n, 1e-6f, 1e-9f, isa->name);
        isa->rms_norm(x, x, weight, 1e-5f, n); /* in place */
        assert_memory_equal(x, y, n * sizeof *x);
    }
}

static void sums_of_any_length_are_exact(void **state) {
    (void)state;
    struct random_bits random = {2};
    float a[MOST], b[MOST], sum[MOST];
    EACH_ISA(isa) for (size_t n = 0; n <= MOST; n++) {
        random_floats(&random, a, MOST, 5);
        random_floats(&random, b, MOST, 5);
        memcpy(sum, a, sizeof a);
        isa->add(sum, b, n);
        for (size_t i = 0; i < MOST; i++)
            assert_true(sum[i] == (i < n ? a[i] + b[i] : a[i]));
    }
}

static void gates_agree_from_one_end_of_the_range_to_the_other(void **state) {
    (void)state;
    struct random_bits random = {3};
    float gate[MOST], up[MOST], y[MOST], expected[MOST];
    static const float scales[] = {1e-6f, 1, 20, 100, 1e30f};
    EACH_ISA(isa) for (size_t s = 0; s < sizeof scales / sizeof scales[0]; s++) {
        for (size_t n = 1; n <= MOST; n += 3) {
            random_floats(&random, gate, n, scales[s]);
            random_floats(&random, up, n, 2);
            memcpy(expected, gate, sizeof gate);
            memcpy(y, gate, sizeof gate);
            reference_swiglu(expected, up, n);
            isa->swiglu(y, up, n);
            assert_close(y, expected, n, 1e-6f, 1e-8f, isa->name);
        }
    }
}

static void heads_turn_as_in_the_reference(void **state) {
    (void)state;
    static const uint32_t dims[][2] = {{2, 2}, {6, 4}, {16, 16}, {20, 18}, {64, 64}, {80, 32}};
    struct random_bits random = {4};
    for (int style = ROPE_ADJACENT; style <= ROPE_HALVES; style++)
        for (size_t i = 0; i < sizeof dims / sizeof dims[0]; i++) {
            uint32_t head_dim = dims[i][0], n = dims[i][1], position = 1 + (uint32_t)i * 77;
            struct rope_config rope = {.style = (enum rope_style)style,
                                       .n_dims = n,
                                       .base = 10000,
                                       .position_scale = 0.25f};
            float head[80], expected[80], y[80], cosines[80], sines[80];
            random_floats(&random, head, head_dim, 3);
            memcpy(expected, head, sizeof head);
            reference_rope(expected, &rope, position, 1, head_dim);
            for (uint32_t j = 0; j < n / 2; j++) {
                double angle = position * 0.25 * pow(10000, -2.0 * j / n);
                uint32_t a = style == ROPE_ADJACENT ? 2 * j : j;
                uint32_t b = style == ROPE_ADJACENT ? 2 * j + 1 : j + n / 2;
                cosines[a] = cosines[b] = (float)cos(angle);
                sines[b] = (float)sin(angle);
                sines[a] = -sines[b];
            }
            EACH_ISA(isa) {
                memcpy(y, head, sizeof head);
                isa->rope(y, cosines, sines, rope.style, n);
                assert_close(y, expected, head_dim, 1e-6f, 1e-6f, isa->name);
            }
        }
}

/* The pair and the angle, by hand: position 1, the first pair turns by one radian. */
static void the_first_pair_turns_by_the_position(void **state) {
    (void)state;
    float adjacent[4] = {1, 0, 1, 0}, halves[4] = {1, 1, 0, 0};
    struct rope_config rope = {ROPE_ADJACENT, 4, 10000, 1, NULL};
    reference_rope(adjacent, &rope, 1, 1, 4);
    rope.style = ROPE_HALVES;
    reference_rope(halves, &rope, 1, 1, 4);
    const float c = cosf(1), s = sinf(1), c2 = cosf(0.01f), s2 = sinf(0.01f);
    const float expected_adjacent[4] = {c, s, c2, s2}, expected_halves[4] = {c, c2, s, s2};
    assert_close(adjacent, expected_adjacent, 4, 1e-6f, 0, "adjacent");
    assert_close(halves, expected_halves, 4, 1e-6f, 0, "halves");
    const float factors[2] = {2, 1};
    float slowed[4] = {1, 0, 1, 0};
    rope = (struct rope_config){ROPE_ADJACENT, 4, 10000, 0.5f, factors};
    reference_rope(slowed, &rope, 4, 1, 4); /* 4 * 0.5 / 2 = 1 */
    assert_close(slowed, expected_adjacent, 2, 1e-6f, 0, "scaled");
}

static void keys_and_values_are_rounded_to_half(void **state) {
    (void)state;
    static const uint32_t dims[] = {2, 6, 16, 30, 64, 80};
    struct random_bits random = {5};
    EACH_ISA(isa) for (size_t i = 0; i < sizeof dims / sizeof dims[0]; i++) {
        uint32_t n = dims[i];
        float v[80];
        random_floats(&random, v, n, 10);
        v[0] = 1e30f; /* too large for half precision: its largest number, never infinity */
        v[1] = -1e30f;
        uint16_t keys[80 * KV_PAGE_TOKENS], values[80];
        memset(keys, 0x55, sizeof keys);
        memset(values, 0, sizeof values);
        isa->store_key(keys + 7, v, n);
        isa->store_value(values, v, n);
        for (uint32_t d = 0; d < n; d++) {
            uint16_t expected = float_to_half(d == 0 ? 65504 : d == 1 ? -65504 : v[d]);
            assert_int_equal(values[d], expected);
            for (uint32_t t = 0; t < KV_PAGE_TOKENS; t++)
                assert_int_equal(keys[d * KV_PAGE_TOKENS + t], t == 7 ? expected : 0x5555);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(norms_of_any_length_agree),
        cmocka_unit_test(sums_of_any_length_are_exact),
        cmocka_unit_test(gates_agree_from_one_end_of_the_range_to_the_other),
        cmocka_unit_test(heads_turn_as_in_the_reference),
        cmocka_unit_test(the_first_pair_turns_by_the_position),
        cmocka_unit_test(keys_and_values_are_rounded_to_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
