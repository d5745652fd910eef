/* The backend interface: tensors in, tensors out.
 *
 * A backend (reference, cpu, cuda) takes the weights of one decoder stack, keeps the keys and
 * values of its attention in pages, and runs steps over batches of tokens. It knows shapes and
 * roles of tensors, but no file formats, no tokenizers, no requests.
 *
 * The decoder (Touvron et al. 2023; Grattafiori et al. 2024; Qwen team 2024), for token x at
 * position p, in row-vector notation, all sums in float32 or better:
 *
 *     h = E[x]
 *     for each layer:
 *         a = rms_norm(h) * attention_norm             rms_norm(v) = v / sqrt(mean(v²) + eps)
 *         q, k, v = a Wqᵀ + bq, a Wkᵀ + bk, a Wvᵀ + bv
 *         q, k = rms_norm per head * q_norm, k_norm    where the model has them (qwen3)
 *         q, k = rope(q, p), rope(k, p);  k and v are written to the cache at position p
 *         head i: o_i = softmax(clamp(q_i Kᵀ / sqrt(head_dim))) V     over positions 0..p, with the
 *                 K and V of group i / (n_heads / n_kv_heads)
 *         h += o Woᵀ
 *         f = rms_norm(h) * ffn_norm
 *         h += (silu(f Wgateᵀ) * (f Wupᵀ)) Wdownᵀ
 *     logits = (rms_norm(h) * output_norm) Woutᵀ
 *
 * rope(v, p) turns pair j of the first n_dims of a head by the angle
 * p * position_scale * base^(-2j/n_dims) / frequency_factors[j]. The pair is (2j, 2j+1) in the
 * ROPE_ADJACENT style and (j, j + n_dims/2) in the ROPE_HALVES style.
 *
 * Threads: one thread at a time per decoder. A backend may use threads of its own inside a step. */
#ifndef AERIE_KERNELS_KERNELS_H
#define AERIE_KERNELS_KERNELS_H

#include "base/error.h"
#include "kernels/tensor.h"

#include <stdatomic.h>

/* ---- the decoder ------------------------------------------------------------------------- */

enum rope_style {
    ROPE_ADJACENT, /* "norm": GGUF architecture llama */
    ROPE_HALVES,   /* "neox": GGUF architectures qwen2, qwen3 */
};

struct rope_config {
    enum rope_style style;
    uint32_t n_dims;                /* leading dimensions of each head that turn; even */
    float base;                     /* theta, 10000 unless the file says otherwise */
    float position_scale;           /* 1 / linear scaling factor; 1 for none */
    const float *frequency_factors; /* [n_dims / 2] divisors (Llama 3), or NULL for all ones */
};

struct decoder_config {
    uint32_t n_layers;
    uint32_t d_model;    /* width of the residual stream */
    uint32_t n_heads;    /* query heads */
    uint32_t n_kv_heads; /* key/value heads; divides n_heads */
    uint32_t head_dim;   /* even; n_heads * head_dim may differ from d_model */
    uint32_t d_ff;       /* inner width of the feed-forward network */
    uint32_t n_vocab;
    uint32_t n_context;    /* positions 0 .. n_context-1 are meaningful to the model */
    float norm_eps;        /* the eps of every rms_norm */
    float attention_clamp; /* scores are clamped to ± this before softmax; 0 for no clamp */
    struct rope_config rope;
};

/* Weights of one layer. Norms and biases are F32 vectors [1 × n]; projections are [outputs ×
 * inputs] of any type. */
struct decoder_layer {
    struct tensor attention_norm; /* [1 × d_model] */
    struct tensor wq;             /* [n_heads*head_dim × d_model] */
    struct tensor wk;             /* [n_kv_heads*head_dim × d_model] */
    struct tensor wv;             /* [n_kv_heads*head_dim × d_model] */
    struct tensor bq, bk, bv;     /* biases of the three, or absent */
    struct tensor q_norm, k_norm; /* [1 × head_dim], or absent */
    struct tensor wo;             /* [d_model × n_heads*head_dim] */
    struct tensor ffn_norm;       /* [1 × d_model] */
    struct tensor w_gate;         /* [d_ff × d_model] */
    struct tensor w_up;           /* [d_ff × d_model] */
    struct tensor w_down;         /* [d_model × d_ff] */
};

/* Everything a backend needs. The caller keeps all of it, and every tensor's bytes, alive and
 * unchanged until decoder_free; a backend may read weights in place or make a copy. Shapes agree
 * with the config: engine/model has checked them. */
struct decoder_spec {
    struct decoder_config config;
    struct tensor token_embedding;      /* [n_vocab × d_model] */
    const struct decoder_layer *layers; /* [n_layers] */
    struct tensor output_norm;          /* [1 × d_model] */
    struct tensor output;               /* [n_vocab × d_model]; the embedding itself where tied */
};

/* ---- backends ---------------------------------------------------------------------------- */

struct backend;  /* a device with its threads or streams */
struct decoder;  /* one model's weights, ready on a backend */
struct kv_cache; /* a pool of pages of keys and values for one decoder */

struct backend_options {
    unsigned threads;         /* CPU threads, 0 = as many as there are physical cores to use */
    unsigned max_step_tokens; /* largest step a decoder must accept, 0 = 512 */
};

struct backend_info {
    const char *name; /* "reference", "cpu", "cuda" */
    char device[128]; /* what it computes on: "AMD EPYC …, avx512 vnni bf16" */
    unsigned threads; /* CPU threads it uses in a step */
    unsigned max_step_tokens;
};

/* Names of the backends compiled in, best first, NULL-terminated; "auto" means the first of them
 * that opens. */
const char *const *backend_names(void);

/* Opens a backend by name, or the best one for NULL or "auto". NULL on failure: ERROR_ARGUMENT for
 * an unknown name (the message lists the known ones), ERROR_UNSUPPORTED where this machine cannot
 * run it, ERROR_MEMORY. */
struct backend *backend_open(const char *name, const struct backend_options *options,
                             struct error *err);
void backend_close(struct backend *self); /* NULL is fine; all its decoders are freed already */
const struct backend_info *backend_info(const struct backend *self);

/* Told from 0 to 1 while weights are read, repacked or uploaded. Returns false to stop the load. */
struct load_progress {
    bool (*report)(void *user, float fraction);
    void *user;
};

/* Prepares weights. `progress` may be NULL. NULL on failure: ERROR_MEMORY, ERROR_UNSUPPORTED,
 * ERROR_CANCELLED (the report said stop), ERROR_BACKEND. */
struct decoder *decoder_create(struct backend *backend, const struct decoder_spec *spec,
                               const struct load_progress *progress, struct error *err);
void decoder_free(struct decoder *self); /* NULL is fine; all its caches are freed already */

/* Bytes a decoder holds beside the weights it was given (repacked copies, scratch). */
uint64_t decoder_extra_bytes(const struct decoder *self);

/* ---- keys and values --------------------------------------------------------------------- */

/* Tokens of one page. Position p of a sequence lies in its page p / KV_PAGE_TOKENS. */
#define KV_PAGE_TOKENS 32

/* A pool of n_pages pages, numbered from 0, contents undefined. Which page holds what is the
 * caller's business. NULL on failure: ERROR_MEMORY (the message says how much was asked). */
struct kv_cache *kv_cache_create(struct decoder *decoder, uint32_t n_pages, struct error *err);
void kv_cache_free(struct kv_cache *self); /* NULL is fine */

/* Bytes of one page over all layers, for budgets. */
uint64_t kv_page_bytes(const struct decoder *decoder);

/* Copies page `from` over page `to`, all layers (copy on write at a diverging page). */
void kv_copy_page(struct kv_cache *self, uint32_t to, uint32_t from);

/* ---- a step ------------------------------------------------------------------------------ */

/* New tokens of one sequence, at positions first_position, first_position + 1, … Keys and values of
 * positions before that are in the pages already; those of the new tokens are written by the step.
 * pages[i] holds positions i*KV_PAGE_TOKENS …; it reaches at least to the last new token. Two
 * sequences of one step may share pages that neither writes. */
struct step_sequence {
    const int32_t *tokens; /* [n_tokens], each in 0 .. n_vocab-1 */
    uint32_t n_tokens;
    uint32_t first_position;
    const uint32_t *pages;
};

/* One forward pass over all sequences. Its token count is at most max_step_tokens. */
struct step {
    const struct step_sequence *sequences;
    uint32_t n_sequences;
    /* One flag a token, in the order of the sequences: is the next-token distribution after it
     * wanted? NULL: for the last token of each sequence. */
    const uint8_t *wants_logits;
};

/* Runs the step. logits is [wanted × n_vocab], filled row by row in token order; it may be NULL if
 * none is wanted. The same step on the same cache contents gives the same bits again. Returns false
 * on failure: ERROR_ARGUMENT (too many tokens, a token or position out of range), ERROR_BACKEND. */
bool decoder_forward(struct decoder *self, struct kv_cache *kv, const struct step *step,
                     float *logits, struct error *err);

#endif
