/* A decoder on the cpu backend: its weights and the buffers of a step. */
#ifndef AERIE_KERNELS_CPU_DECODER_H
#define AERIE_KERNELS_CPU_DECODER_H

#include "kernels/cpu/backend.h"
#include "kernels/cpu/kv_cache.h"
#include "kernels/cpu/matmul.h"

struct cpu_layer {
    struct weights wq, wk, wv, wo, w_gate, w_up, w_down;
};

/* A run of active rows of one sequence, whose queries share passes over the cache. */
struct query_run {
    uint32_t first; /* active row */
    uint32_t n;
};

struct cpu_decoder {
    struct decoder base;
    struct decoder_spec spec;
    const struct cpu_isa *isa;
    struct thread_pool *pool;
    struct cpu_layer *layers; /* [n_layers] */
    struct weights output;

    /* Activations: [max_step_tokens × stride], strides padded to ACTIVATION_PAD with zeros that
     * nothing ever writes. */
    size_t d_stride, q_stride, kv_stride, ff_stride;
    float *h;            /* [n × d_model] the residual stream */
    float *normed;       /* [n × d_model] */
    float *delta;        /* [n × d_model] what a block adds to h */
    float *q;            /* [n × n_heads*head_dim] */
    float *k, *v;        /* [n × n_kv_heads*head_dim] */
    float *o;            /* [n × n_heads*head_dim] */
    float *gate;         /* [n × d_ff] */
    float *up;           /* [n × d_ff] */
    float *cosines;      /* [n × rope.n_dims] as cpu_isa.rope wants them */
    float *sines;        /* [n × rope.n_dims] */
    double *frequencies; /* [rope.n_dims / 2] radians a position */

    float **scratch; /* [threads] for the kernels */

    /* The step being run. Active rows are all tokens, and in the last layer, once its keys and
     * values are stored, only those whose logits are wanted. */
    const struct batch *batch;
    struct cpu_kv_cache *kv;
    uint32_t layer;
    uint32_t n_active;
    uint32_t *active;       /* [n_active] token of each active row */
    struct query_run *runs; /* [n_runs] */
    uint32_t n_runs;
    const float *norm_weight; /* of the norm being run */
    bool has_delta;           /* delta is still to be added to h */
};

#endif
