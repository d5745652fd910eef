/* kernels_bench [ISA]: speed of the matrix kernels on one core, in processor time, so that a busy
 * machine disturbs it little. Billions of weights a second per width; at 512 tokens, GFLOP/s. */
#include "kernels/cpu/isa.h"
#include "kernels/memory.h"
#include "tests/support/random_blocks.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 1536, COLS = 1536, MOST = 512 };

static double cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void multiply(const struct matmul *m, float *scratch) {
    const struct weight_format *format = m->w->format;
    if (m->n == 1)
        format->gemv(m, 0, ROWS);
    else if (m->n <= WEIGHTS_FEW)
        format->few(m, 0, ROWS);
    else
        format->gemm(m, 0, ROWS, scratch);
}

static double best_seconds(const struct matmul *m, float *scratch) {
    double best = 1e9, start = cpu_seconds();
    for (int i = 0; i < 3 || cpu_seconds() - start < 0.05; i++) {
        double begin = cpu_seconds();
        multiply(m, scratch);
        double seconds = cpu_seconds() - begin;
        if (seconds < best) best = seconds;
    }
    return best;
}

int main(int argc, char **argv) {
    static const size_t widths[] = {1, 2, 3, 4, 6, 8, 12, 16, 32, 512};
    enum { N_WIDTHS = sizeof widths / sizeof widths[0] };
    const struct cpu_isa *isa = cpu_isa_choose(argc > 1 ? argv[1] : NULL);
    if (isa == NULL) {
        fprintf(stderr, "this processor does not run %s\n", argv[1]);
        return 1;
    }
    float *x = memory_allocate(sizeof(float) * MOST * COLS, "x", NULL);
    float *y = memory_allocate(sizeof(float) * MOST * ROWS, "y", NULL);
    float *scratch = memory_allocate(sizeof(float) * isa->gemm_scratch(COLS), "scratch", NULL);
    uint8_t *data = memory_allocate(sizeof(float) * ROWS * COLS, "weights", NULL);
    if (x == NULL || y == NULL || scratch == NULL || data == NULL) return 1;
    struct random_bits random = {1};
    for (size_t i = 0; i < (size_t)MOST * COLS; i++)
        x[i] = random_signed(&random);

    printf("%s\n%-5s", isa->name, "type");
    for (size_t i = 0; i + 1 < N_WIDTHS; i++)
        printf("%7zu", widths[i]);
    printf("  GFLOP/s at %zu\n", widths[N_WIDTHS - 1]);
    for (size_t type = 0; type < tensor_type_count; type++) {
        struct weights w = {
            .format = &isa->formats[type],
            .rows = ROWS,
            .cols = COLS,
            .row_bytes = (size_t)tensor_row_bytes(tensor_types[type].type, COLS),
            .data = data,
        };
        for (size_t r = 0; r < ROWS; r++)
            random_row(&random, tensor_types[type].type, 0.05f, data + r * w.row_bytes, COLS);
        printf("%-5s", tensor_types[type].name);
        for (size_t i = 0; i < N_WIDTHS; i++) {
            struct matmul m = {&w, x, COLS, y, ROWS, widths[i]};
            double seconds = best_seconds(&m, scratch), weights = (double)ROWS * COLS;
            if (i + 1 < N_WIDTHS)
                printf("%7.2f", weights / seconds * 1e-9);
            else
                printf("%10.1f", weights * 2.0 * (double)m.n / seconds * 1e-9);
            fflush(stdout);
        }
        printf("\n");
    }
    memory_free(x);
    memory_free(y);
    memory_free(scratch);
    memory_free(data);
    return 0;
}
