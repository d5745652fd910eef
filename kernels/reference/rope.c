#include "kernels/reference/operations.h"

#include <math.h>

void reference_rope(float *v, const struct rope_config *rope, uint32_t position, uint32_t n_heads,
                    uint32_t head_dim) {
    uint32_t half = rope->n_dims / 2;
    for (uint32_t j = 0; j < half; j++) {
        double frequency = pow(rope->base, -2.0 * j / rope->n_dims) * rope->position_scale;
        if (rope->frequency_factors != NULL) frequency /= rope->frequency_factors[j];
        float cosine = (float)cos(position * frequency), sine = (float)sin(position * frequency);
        uint32_t first = rope->style == ROPE_ADJACENT ? 2 * j : j;
        uint32_t second = rope->style == ROPE_ADJACENT ? 2 * j + 1 : j + half;
        for (uint32_t h = 0; h < n_heads; h++) {
            float *head = v + (size_t)h * head_dim;
            float a = head[first], b = head[second];
            head[first] = a * cosine - b * sine;
            head[second] = a * sine + b * cosine;
        }
    }
}
