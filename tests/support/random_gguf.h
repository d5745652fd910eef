/* Models with random weights: tiny ones for tests, full-sized ones for benchmarks. The same options
 * give the same bytes on every machine. They carry a byte-level vocabulary that works: 256 bytes, a
 * few merges ("return" is one token), control tokens, and the fill-in-the-middle ones on request.
 *
 *     struct random_gguf options = {.architecture = "qwen2", .type = TENSOR_Q4_K, .fim = true};
 *     random_gguf_write(&options, path, &err);
 */
#ifndef AERIE_TESTS_SUPPORT_RANDOM_GGUF_H
#define AERIE_TESTS_SUPPORT_RANDOM_GGUF_H

#include "base/error.h"
#include "kernels/tensor.h"

struct gguf_writer;

/* All zeros is a llama of 2 layers in F32. */
struct random_gguf {
    const char *architecture;     /* "llama", "qwen2" or "qwen3"; NULL: llama */
    const char *name;             /* general.name; NULL: "random ARCHITECTURE TYPE" */
    enum tensor_type type;        /* of projections and embeddings; 0 is F32 */
    enum tensor_type vector_type; /* of norms and biases: F32 (0), F16 or BF16 */
    bool tied;                    /* no output.weight: the embedding serves as output */
    bool fim;                     /* fill-in-the-middle tokens in the vocabulary */
    uint64_t seed;

    /* 0 takes the default in brackets. */
    uint32_t version;    /* of the GGUF (3) */
    uint32_t n_layers;   /* (2) */
    uint32_t d_model;    /* (256) */
    uint32_t n_heads;    /* (4) */
    uint32_t n_kv_heads; /* (2) */
    uint32_t head_dim;   /* (d_model / n_heads) */
    uint32_t d_ff;       /* (512) */
    uint32_t n_context;  /* (512) */
    uint32_t n_vocab;    /* (280), at least that; more are filled up with unused tokens */
    float rope_base;     /* (10000) */
    float rope_factor;   /* linear scaling; (none) */
    bool rope_factors;   /* a rope_freqs.weight tensor */

    /* What tests of odd files add, with n_extra_keys the number of keys that extra_keys writes; and
     * a tensor that is left out, or gets another name. */
    void (*extra_keys)(struct gguf_writer *w);
    unsigned n_extra_keys;
    const char *without_tensor;
    const char *rename_from, *rename_to;
};

/* Writes the file, as large as it is, in one pass. False on failure: ERROR_IO, ERROR_MEMORY. */
bool random_gguf_write(const struct random_gguf *options, const char *path, struct error *err);

/* The same into memory: *bytes is malloc'ed, free it. */
bool random_gguf_bytes(const struct random_gguf *options, void **bytes, size_t *n,
                       struct error *err);

/* The options of a named shape: "tiny-llama", "smollm2-135m", "aquilacode-7b", …; false if there is
 * none of that name. The type is left to the caller. */
bool random_gguf_shape(const char *name, struct random_gguf *out);

/* The names, NULL-terminated. */
extern const char *const random_gguf_shapes[];

#endif
