/* Matrices of weights as they lie in a model file: a type, a shape, and bytes somebody else owns.
 *
 * The quantised types are those of ggml: a row is cut into blocks of `block_elements` values, each
 * stored in `block_bytes` bytes with its own scale (layouts: kernels/reference/dequantize.c). */
#ifndef AERIE_KERNELS_TENSOR_H
#define AERIE_KERNELS_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The values are ggml's type ids, so that a file's number can be looked up directly. Any number may
 * arrive from a file: ask tensor_type_info before trusting one. */
enum tensor_type {
    TENSOR_F32 = 0,
    TENSOR_F16 = 1,
    TENSOR_Q4_0 = 2,
    TENSOR_Q4_1 = 3,
    TENSOR_Q5_0 = 6,
    TENSOR_Q5_1 = 7,
    TENSOR_Q8_0 = 8,
    TENSOR_Q4_K = 12,
    TENSOR_Q5_K = 13,
    TENSOR_Q6_K = 14,
    TENSOR_BF16 = 30,
};

struct tensor_type_info {
    enum tensor_type type;
    const char *name;        /* "Q4_K", as GGUF tools print it */
    uint32_t block_elements; /* values per block; 1 for the float types */
    uint32_t block_bytes;    /* bytes per block */
};

/* The description of a type id, or NULL if nothing here can read that type. */
const struct tensor_type_info *tensor_type_info(uint32_t type_id);

/* The same by name, case-insensitive: "q8_0". NULL if unknown. */
const struct tensor_type_info *tensor_type_by_name(const char *name);

/* All readable types in ascending order of id. */
extern const struct tensor_type_info tensor_types[];
extern const size_t tensor_type_count;

/* A row-major matrix [rows × cols]; a vector has rows == 1. `cols` is a multiple of the type's
 * block_elements. data == NULL means "absent" where a tensor is optional. */
struct tensor {
    enum tensor_type type;
    uint64_t rows; /* outputs of a projection; vocabulary entries of an embedding */
    uint64_t cols; /* inputs of a projection; the embedding's width */
    const void *data;
};

/* Bytes of one row of `cols` values. cols must be a multiple of the block size and the product must
 * fit 64 bits: the caller has checked both (engine/model does so for every file). */
uint64_t tensor_row_bytes(enum tensor_type type, uint64_t cols);

/* Values of one row as float32: out[0..n). n is a multiple of the block size. Correct for every
 * type; the plain definition that faster readers are held to. */
void tensor_dequantize(enum tensor_type type, const void *row, float *out, size_t n);

/* IEEE half and bfloat16 to float32 and back (round to nearest even). */
float half_to_float(uint16_t h);
uint16_t float_to_half(float f);
float bfloat16_to_float(uint16_t b);
uint16_t float_to_bfloat16(float f);

#endif
