/* Which keys and tensors of a GGUF make up the decoder of kernels/kernels.h, one table for all
 * architectures. Adding one that shares the maths is a line here. */
#ifndef AERIE_ENGINE_MODEL_ARCHITECTURES_H
#define AERIE_ENGINE_MODEL_ARCHITECTURES_H

#include "kernels/kernels.h"

enum architecture_bit {
    ARCHITECTURE_LLAMA = 1 << 0,
    ARCHITECTURE_QWEN2 = 1 << 1,
    ARCHITECTURE_QWEN3 = 1 << 2,
    ARCHITECTURE_ALL = (1 << 3) - 1,
};

struct architecture {
    enum architecture_bit bit;
    const char *name; /* general.architecture, and the prefix of its keys */
    enum rope_style rope;
};

/* The architecture of that name, or NULL. */
const struct architecture *architecture_find(const char *name, size_t length);

/* "llama, qwen2, qwen3", for messages. */
extern const char architecture_names[];

/* ---- tensors --------------------------------------------------------------------------------- */

/* A length that the config decides. */
enum extent {
    EXTENT_ONE,
    EXTENT_MODEL, /* d_model */
    EXTENT_Q,     /* n_heads * head_dim */
    EXTENT_KV,    /* n_kv_heads * head_dim */
    EXTENT_HEAD,  /* head_dim */
    EXTENT_FF,    /* d_ff */
    EXTENT_VOCAB, /* n_vocab */
};
uint64_t extent_of(enum extent extent, const struct decoder_config *config);

struct tensor_role {
    const char *name; /* "attn_q.weight"; in a layer, "blk.N." comes before it */
    size_t offset;    /* of the struct tensor in decoder_layer or decoder_spec */
    enum extent rows, cols;
    bool vector;         /* a norm or bias: handed to the backend as F32 */
    unsigned needed_by;  /* or'ed architecture_bit: its absence is an error */
    unsigned allowed_in; /* or'ed architecture_bit: may be there */
};

extern const struct tensor_role model_roles[]; /* into struct decoder_spec */
extern const size_t n_model_roles;
extern const struct tensor_role layer_roles[]; /* into struct decoder_layer */
extern const size_t n_layer_roles;

/* ---- keys that change the maths -------------------------------------------------------------- */

/* A key the decoder does not know how to honour; harmless with one of two values. */
struct foreign_key {
    const char *suffix; /* after "llama." */
    double harmless, also_harmless;
};
extern const struct foreign_key foreign_keys[];
extern const size_t n_foreign_keys;

#endif
