/* All kernels of one instruction set. A file kernels_NAME.c includes the simd/ header of the set
 * and then this, and is compiled with that set's flags. */
#include "kernels/cpu/isa.h"

#include <math.h>
#include <string.h>

#include "kernels/cpu/simd/dequantize.h"
#include "kernels/cpu/simd/gemm.h"

#define TYPE          f32
#define ELEMENT_BYTES 4
#include "kernels/cpu/simd/matmul.h"
#define TYPE          f16
#define ELEMENT_BYTES 2
#include "kernels/cpu/simd/matmul.h"
#define TYPE          bf16
#define ELEMENT_BYTES 2
#include "kernels/cpu/simd/matmul.h"
#define TYPE          q4_0
#define ELEMENT_BYTES 0
#include "kernels/cpu/simd/matmul.h"
#define TYPE          q4_1
#define ELEMENT_BYTES 0
#include "kernels/cpu/simd/matmul.h"
#define TYPE          q5_0
#define ELEMENT_BYTES 0
#include "kernels/cpu/simd/matmul.h"
#define TYPE          q5_1
#define ELEMENT_BYTES 0
#include "kernels/cpu/simd/matmul.h"
#define TYPE          q8_0
#define ELEMENT_BYTES 0
#include "kernels/cpu/simd/matmul.h"
#define TYPE          q4_k
#define ELEMENT_BYTES 0
#include "kernels/cpu/simd/matmul.h"
#define TYPE          q5_k
#define ELEMENT_BYTES 0
#include "kernels/cpu/simd/matmul.h"
#define TYPE          q6_k
#define ELEMENT_BYTES 0
#include "kernels/cpu/simd/matmul.h"

#include "kernels/cpu/simd/elementwise.h"

#include "kernels/cpu/simd/attention.h"

#define FORMAT(id, suffix)                                                                         \
    {                                                                                              \
        .type = id, .row_multiple = 32, .gemv = gemv_##suffix, .few = few_##suffix,                \
        .gemm = gemm_##suffix                                                                      \
    }

static const struct weight_format formats[] = {
    FORMAT(TENSOR_F32, f32),   FORMAT(TENSOR_F16, f16),   FORMAT(TENSOR_Q4_0, q4_0),
    FORMAT(TENSOR_Q4_1, q4_1), FORMAT(TENSOR_Q5_0, q5_0), FORMAT(TENSOR_Q5_1, q5_1),
    FORMAT(TENSOR_Q8_0, q8_0), FORMAT(TENSOR_Q4_K, q4_k), FORMAT(TENSOR_Q5_K, q5_k),
    FORMAT(TENSOR_Q6_K, q6_k), FORMAT(TENSOR_BF16, bf16),
};

/* The table a kernels_NAME.c ends with. */
#define CPU_ISA(isa_name, is_supported)                                                            \
    {                                                                                              \
        .name = isa_name, .supported = is_supported, .formats = formats,                           \
        .gemm_scratch = gemm_scratch, .add = simd_add, .rms_norm = simd_rms_norm,                  \
        .swiglu = simd_swiglu, .rope = simd_rope, .store_key = simd_store_key,                     \
        .store_value = simd_store_value, .attention = simd_attention                               \
    }
