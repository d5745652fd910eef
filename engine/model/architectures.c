#include "engine/model/architectures.h"

#include <string.h>

static const struct architecture architectures[] = {
    {ARCHITECTURE_LLAMA, "llama", ROPE_ADJACENT},
    {ARCHITECTURE_QWEN2, "qwen2", ROPE_HALVES},
    {ARCHITECTURE_QWEN3, "qwen3", ROPE_HALVES},
};

const char architecture_names[] = "llama, qwen2, qwen3";

const struct architecture *architecture_find(const char *name, size_t length) {
    for (size_t i = 0; i < sizeof architectures / sizeof *architectures; i++)
        if (strlen(architectures[i].name) == length &&
            memcmp(architectures[i].name, name, length) == 0)
            return &architectures[i];
    return NULL;
}

uint64_t extent_of(enum extent extent, const struct decoder_config *config) {
    switch (extent) {
    case EXTENT_ONE:
        return 1;
    case EXTENT_MODEL:
        return config->d_model;
    case EXTENT_Q:
        return (uint64_t)config->n_heads * config->head_dim;
    case EXTENT_KV:
        return (uint64_t)config->n_kv_heads * config->head_dim;
    case EXTENT_HEAD:
        return config->head_dim;
    case EXTENT_FF:
        return config->d_ff;
    case EXTENT_VOCAB:
        return config->n_vocab;
    }
    return 0;
}

enum {
    ALL = ARCHITECTURE_ALL,
    QWEN2 = ARCHITECTURE_QWEN2,
    QWEN3 = ARCHITECTURE_QWEN3,
};

#define IN_MODEL(field) offsetof(struct decoder_spec, field)
#define IN_LAYER(field) offsetof(struct decoder_layer, field)

/* An absent output.weight means the embedding serves as the output too. */
const struct tensor_role model_roles[] = {
    {"token_embd.weight", IN_MODEL(token_embedding), EXTENT_VOCAB, EXTENT_MODEL, false, ALL, ALL},
    {"output_norm.weight", IN_MODEL(output_norm), EXTENT_ONE, EXTENT_MODEL, true, ALL, ALL},
    {"output.weight", IN_MODEL(output), EXTENT_VOCAB, EXTENT_MODEL, false, 0, ALL},
};
const size_t n_model_roles = sizeof model_roles / sizeof *model_roles;

const struct tensor_role layer_roles[] = {
    {"attn_norm.weight", IN_LAYER(attention_norm), EXTENT_ONE, EXTENT_MODEL, true, ALL, ALL},
    {"attn_q.weight", IN_LAYER(wq), EXTENT_Q, EXTENT_MODEL, false, ALL, ALL},
    {"attn_k.weight", IN_LAYER(wk), EXTENT_KV, EXTENT_MODEL, false, ALL, ALL},
    {"attn_v.weight", IN_LAYER(wv), EXTENT_KV, EXTENT_MODEL, false, ALL, ALL},
    {"attn_q.bias", IN_LAYER(bq), EXTENT_ONE, EXTENT_Q, true, QWEN2, ALL},
    {"attn_k.bias", IN_LAYER(bk), EXTENT_ONE, EXTENT_KV, true, QWEN2, ALL},
    {"attn_v.bias", IN_LAYER(bv), EXTENT_ONE, EXTENT_KV, true, QWEN2, ALL},
    {"attn_q_norm.weight", IN_LAYER(q_norm), EXTENT_ONE, EXTENT_HEAD, true, QWEN3, QWEN3},
    {"attn_k_norm.weight", IN_LAYER(k_norm), EXTENT_ONE, EXTENT_HEAD, true, QWEN3, QWEN3},
    {"attn_output.weight", IN_LAYER(wo), EXTENT_MODEL, EXTENT_Q, false, ALL, ALL},
    {"ffn_norm.weight", IN_LAYER(ffn_norm), EXTENT_ONE, EXTENT_MODEL, true, ALL, ALL},
    {"ffn_gate.weight", IN_LAYER(w_gate), EXTENT_FF, EXTENT_MODEL, false, ALL, ALL},
    {"ffn_up.weight", IN_LAYER(w_up), EXTENT_FF, EXTENT_MODEL, false, ALL, ALL},
    {"ffn_down.weight", IN_LAYER(w_down), EXTENT_MODEL, EXTENT_FF, false, ALL, ALL},
};
const size_t n_layer_roles = sizeof layer_roles / sizeof *layer_roles;

const struct foreign_key foreign_keys[] = {
    {"expert_count", 0, 0},
    {"expert_used_count", 0, 0},
    {"expert_shared_count", 0, 0},
    {"nextn_predict_layers", 0, 0},
    {"use_parallel_residual", 0, 0},
    {"attention.causal", 1, 1},
    {"attention.clamp_kqv", 0, 0},
    {"attention.max_alibi_bias", 0, 0},
    {"attention.sliding_window_pattern", 0, 1},
    {"attention.temperature_length", 0, 0},
    {"attention.temperature_scale", 0, 1},
    {"attn_logit_softcapping", 0, 0},
    {"final_logit_softcapping", 0, 0},
    {"logit_scale", 0, 1},
    {"residual_scale", 0, 1},
    {"embedding_scale", 0, 1},
    {"rope.scaling.attn_factor", 0, 1},
    {"pooling_type", 0, 0},
};
const size_t n_foreign_keys = sizeof foreign_keys / sizeof *foreign_keys;
