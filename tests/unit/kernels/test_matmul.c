/* Matrix products of every instruction set against the reference, for every type of weights. */
#include "kernels/cpu/matmul.h"
#include "kernels/memory.h"
#include "kernels/reference/operations.h"
#include "tests/support/random_blocks.h"
#include "tests/unit/kernels/each_isa.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_ROWS = 77, MOST_COLS = 1344, MOST_TOKENS = 512, SCRATCH = 64 * 1024 };

/* Buffers as large as any case needs. x is padded as the kernels want it. */
struct bench {
    uint8_t *data;
    float *x, *x_dense, *y, *expected, *magnitude, *row, *scratch;
};

static float *floats(size_t n) {
    float *buffer = memory_allocate(n * sizeof *buffer, "a test", NULL);
    assert_non_null(buffer);
    return buffer;
}

static void bench_open(struct bench *b) {
    b->data = memory_allocate((uint64_t)MOST_ROWS * MOST_COLS * 4, "a test", NULL);
    assert_non_null(b->data);
    b->x = floats(MOST_TOKENS * MOST_COLS);
    b->x_dense = floats(MOST_TOKENS * MOST_COLS);
    b->y = floats(MOST_TOKENS * MOST_ROWS);
    b->expected = floats(MOST_TOKENS * MOST_ROWS);
    b->magnitude = floats(MOST_TOKENS * MOST_ROWS);
    b->row = floats(MOST_COLS);
    b->scratch = floats(SCRATCH);
}

static void bench_close(struct bench *b) {
    memory_free(b->data);
    memory_free(b->x);
    memory_free(b->x_dense);
    memory_free(b->y);
    memory_free(b->expected);
    memory_free(b->magnitude);
    memory_free(b->row);
    memory_free(b->scratch);
}

static size_t padded(size_t cols) {
    return (cols + ACTIVATION_PAD - 1) / ACTIVATION_PAD * ACTIVATION_PAD;
}

static struct tensor fill(struct bench *b, enum tensor_type type, size_t rows, size_t cols) {
    struct random_bits random = {rows * 31 + cols + (size_t)type};
    size_t row_bytes = (size_t)tensor_row_bytes(type, cols), stride = padded(cols);
    /* The end of the rows is the end of the buffer: reading past it is caught. */
    uint8_t *start = b->data + (size_t)MOST_ROWS * MOST_COLS * 4 - rows * row_bytes;
    for (size_t r = 0; r < rows; r++)
        random_row(&random, type, 0.05f, start + r * row_bytes, cols);
    memset(b->x, 0, sizeof *b->x * MOST_TOKENS * stride);
    for (size_t t = 0; t < MOST_TOKENS; t++)
        for (size_t c = 0; c < cols; c++)
            b->x[t * stride + c] = b->x_dense[t * cols + c] = random_signed(&random);
    return (struct tensor){type, rows, cols, start};
}

/* The reference, and beside each value the sum of its terms' magnitudes: the scale of rounding. */
static void reference(struct bench *b, const struct tensor *w, size_t n) {
    reference_matmul(b->expected, b->x_dense, w, n, b->row);
    size_t row_bytes = (size_t)tensor_row_bytes(w->type, w->cols);
    for (size_t r = 0; r < w->rows; r++) {
        tensor_dequantize(w->type, (const uint8_t *)w->data + r * row_bytes, b->row, w->cols);
        for (size_t t = 0; t < n; t++) {
            float sum = 0;
            for (size_t c = 0; c < w->cols; c++)
                sum += fabsf(b->row[c] * b->x_dense[t * w->cols + c]);
            b->magnitude[t * w->rows + r] = sum;
        }
    }
}

static void multiply(const struct weight_format *format, const struct matmul *m, size_t first,
                     size_t end, float *scratch) {
    if (m->n == 1)
        format->gemv(m, first, end);
    else if (m->n <= WEIGHTS_FEW)
        format->few(m, first, end);
    else
        format->gemm(m, first, end, scratch);
}

static const size_t shapes[][2] = {{5, 256}, {1, 256}, {3, 1280}, {33, 512}, {77, 256}};
static const size_t float_shapes[][2] = {{1, 1}, {5, 7}, {33, 45}, {7, 801}};

/* At all widths up to n_tokens. */
static void check_shape(struct bench *b, enum tensor_type type, size_t rows, size_t cols,
                        size_t n_tokens) {
    static const size_t widths[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                    12, 13, 14, 15, 16, 17, 18, 33, 50, 512};
    struct tensor tensor = fill(b, type, rows, cols);
    reference(b, &tensor, n_tokens);
    EACH_ISA(isa) {
        struct weights w;
        assert_true(isa->gemm_scratch(cols) <= SCRATCH);
        assert_true(weights_init(&w, &tensor, isa, NULL, NULL));
        for (size_t i = 0; i < sizeof widths / sizeof widths[0] && widths[i] <= n_tokens; i++) {
            struct matmul m = {&w, b->x, padded(cols), b->y, rows, widths[i]};
            memset(b->y, 0xff, sizeof *b->y * MOST_TOKENS * MOST_ROWS);
            multiply(w.format, &m, 0, rows, b->scratch);
            for (size_t j = 0; j < widths[i] * rows; j++)
                if (!(fabsf(b->y[j] - b->expected[j]) <= 3e-6f * b->magnitude[j] + 1e-30f))
                    fail_msg("%s %s [%zu x %zu] width %zu: row %zu is %.9g instead of %.9g",
                             isa->name, tensor_type_info(type)->name, rows, cols, widths[i],
                             j % rows, (double)b->y[j], (double)b->expected[j]);
            /* Nothing is written past the last row. */
            uint32_t untouched;
            memcpy(&untouched,
                   &b->y[widths[i] * rows < (size_t)MOST_TOKENS * MOST_ROWS ? widths[i] * rows : 0],
                   sizeof untouched);
            if (widths[i] * rows < (size_t)MOST_TOKENS * MOST_ROWS)
                assert_int_equal(untouched, UINT32_MAX);
        }
        weights_release(&w);
    }
}

static void every_type_and_width_agrees_with_the_reference(void **state) {
    (void)state;
    struct bench b;
    bench_open(&b);
    for (size_t i = 0; i < tensor_type_count; i++) {
        for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
            check_shape(&b, tensor_types[i].type, shapes[s][0], shapes[s][1], s == 0 ? 512 : 33);
        if (tensor_types[i].block_elements == 1)
            for (size_t s = 0; s < sizeof float_shapes / sizeof float_shapes[0]; s++)
                check_shape(&b, tensor_types[i].type, float_shapes[s][0], float_shapes[s][1], 33);
        if (tensor_types[i].block_elements == 32) check_shape(&b, tensor_types[i].type, 9, 96, 33);
    }
    bench_close(&b);
}

/* A token verified in a batch, or fed in a prompt, is the token decoded alone, to the bit. */
static void the_other_tokens_of_a_step_do_not_matter(void **state) {
    (void)state;
    struct bench b;
    bench_open(&b);
    enum { ROWS = 9, COLS = 1280 };
    static const size_t steps[] = {2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 18, 19, 20, 40};
    for (size_t i = 0; i < tensor_type_count; i++) {
        /* Columns enough for several blocks of gemm, and where the type allows it a ragged end. */
        size_t cols = tensor_types[i].block_elements == 1 ? COLS + 37 : COLS;
        size_t stride = padded(cols);
        struct tensor tensor = fill(&b, tensor_types[i].type, ROWS, cols);
        EACH_ISA(isa) {
            struct weights w;
            assert_true(weights_init(&w, &tensor, isa, NULL, NULL));
            for (size_t t = 0; t < 40; t++) {
                struct matmul one = {&w, b.x + t * stride, stride, b.expected + t * ROWS, ROWS, 1};
                multiply(w.format, &one, 0, ROWS, b.scratch);
            }
            for (size_t j = 0; j < sizeof steps / sizeof steps[0]; j++) {
                size_t n = steps[j];
                struct matmul many = {&w, b.x, stride, b.y, ROWS, n};
                multiply(w.format, &many, 0, ROWS, b.scratch);
                assert_memory_equal(b.y, b.expected, n * ROWS * sizeof *b.y);
            }
            weights_release(&w);
        }
    }
    bench_close(&b);
}

static void cutting_the_rows_changes_no_bit(void **state) {
    (void)state;
    struct bench b;
    bench_open(&b);
    enum { ROWS = 77, COLS = 256 };
    static const size_t widths[] = {1, 3, 16, 33};
    struct tensor tensor = fill(&b, TENSOR_Q4_1, ROWS, COLS);
    EACH_ISA(isa) {
        struct weights w;
        assert_true(weights_init(&w, &tensor, isa, NULL, NULL));
        for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
            struct matmul whole = {&w, b.x, COLS, b.expected, ROWS, widths[i]};
            struct matmul parts = {&w, b.x, COLS, b.y, ROWS, widths[i]};
            multiply(w.format, &whole, 0, ROWS, b.scratch);
            for (size_t first = 0; first < ROWS; first += w.format->row_multiple) {
                size_t end = first + w.format->row_multiple;
                multiply(w.format, &parts, first, end < ROWS ? end : ROWS, b.scratch);
            }
            assert_memory_equal(b.y, b.expected, widths[i] * ROWS * sizeof *b.y);
        }
        weights_release(&w);
    }
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_and_width_agrees_with_the_reference),
        cmocka_unit_test(the_other_tokens_of_a_step_do_not_matter),
        cmocka_unit_test(cutting_the_rows_changes_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
