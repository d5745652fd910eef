#include "kernels/reference/operations.h"

#include <math.h>

void reference_swiglu(float *gate, const float *up, size_t n) {
    for (size_t i = 0; i < n; i++)
        gate[i] = gate[i] / (1.0f + expf(-gate[i])) * up[i];
}
