#include "kernels/reference/operations.h"

#include <math.h>

void reference_rms_norm(float *y, const float *x, const float *weight, float eps, size_t n,
                        size_t k) {
    for (size_t t = 0; t < n; t++, x += k, y += k) {
        double squares = 0;
        for (size_t i = 0; i < k; i++)
            squares += (double)x[i] * x[i];
        float scale = (float)(1.0 / sqrt(squares / (double)k + eps));
        for (size_t i = 0; i < k; i++)
            y[i] = x[i] * scale * weight[i];
    }
}
