#include "kernels/reference/operations.h"

/* Eight running sums: short dependency chains, and less rounding than one long sum. */
static float dot(const float *a, const float *b, size_t n) {
    float sums[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t j = 0; j < 8; j++)
            sums[j] += a[i + j] * b[i + j];
    float rest = 0;
    for (; i < n; i++)
        rest += a[i] * b[i];
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) +
           ((sums[1] + sums[5]) + (sums[3] + sums[7])) + rest;
}

void reference_matmul(float *y, const float *x, const struct tensor *w, size_t n, float *row) {
    const uint8_t *bytes = w->data;
    size_t row_bytes = (size_t)tensor_row_bytes(w->type, w->cols);
    for (size_t r = 0; r < w->rows; r++) {
        tensor_dequantize(w->type, bytes + r * row_bytes, row, w->cols);
        for (size_t t = 0; t < n; t++)
            y[t * w->rows + r] = dot(row, x + t * w->cols, w->cols);
    }
}

void reference_add_bias(float *y, const struct tensor *bias, size_t n) {
    if (bias->data == NULL) return;
    const float *b = bias->data;
    for (size_t t = 0; t < n; t++)
        for (size_t i = 0; i < bias->cols; i++)
            y[t * bias->cols + i] += b[i];
}
