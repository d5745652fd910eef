#include "kernels/decoder_check.h"

#include "kernels/memory.h"

#include <math.h>

static bool check_tensor(const struct tensor *tensor, const char *name, uint64_t rows,
                         uint64_t cols, struct error *err) {
    const struct tensor_type_info *info = tensor_type_info((uint32_t)tensor->type);
    if (tensor->data == NULL || info == NULL)
        return error_set(err, ERROR_ARGUMENT, "tensor %s is missing or of unknown type", name);
    if (tensor->rows != rows || tensor->cols != cols || cols % info->block_elements != 0)
        return error_set(err, ERROR_ARGUMENT,
                         "tensor %s is %llu x %llu of %s where %llu x %llu is needed", name,
                         (unsigned long long)tensor->rows, (unsigned long long)tensor->cols,
                         info->name, (unsigned long long)rows, (unsigned long long)cols);
    return true;
}

static bool check_vector(const struct tensor *tensor, const char *name, uint64_t n,
                         struct error *err) {
    if (!check_tensor(tensor, name, 1, n, err)) return false;
    if (tensor->type != TENSOR_F32)
        return error_set(err, ERROR_ARGUMENT, "vector %s is not F32", name);
    return true;
}

static bool check_optional(const struct tensor *tensor, const char *name, uint64_t n,
                           struct error *err) {
    return tensor->data == NULL || check_vector(tensor, name, n, err);
}

static bool check_config(const struct decoder_config *c, struct error *err) {
    if (c->n_layers == 0 || c->d_model == 0 || c->n_heads == 0 || c->n_kv_heads == 0 ||
        c->head_dim == 0 || c->d_ff == 0 || c->n_vocab == 0 || c->n_context == 0)
        return error_set(err, ERROR_ARGUMENT, "a size of the decoder is zero");
    if (c->n_heads % c->n_kv_heads != 0)
        return error_set(err, ERROR_ARGUMENT, "%u heads cannot share %u key/value heads",
                         c->n_heads, c->n_kv_heads);
    if (c->head_dim % 2 != 0 || c->rope.n_dims % 2 != 0 || c->rope.n_dims > c->head_dim)
        return error_set(err, ERROR_ARGUMENT, "%u rotated of %u head dimensions make no pairs",
                         c->rope.n_dims, c->head_dim);
    if (!(c->norm_eps >= 0) || !(c->rope.base > 0) || !isfinite(c->rope.base) ||
        !isfinite(c->rope.position_scale))
        return error_set(err, ERROR_ARGUMENT, "eps or the rope base or scale is not a number");
    /* Widths in elements fit 32 bits, so that every later size fits 64. */
    if (memory_product(c->n_heads, c->head_dim) > INT32_MAX || c->d_model > INT32_MAX ||
        c->d_ff > INT32_MAX || c->n_vocab > INT32_MAX)
        return error_set(err, ERROR_ARGUMENT, "a width of the decoder passes 2^31");
    return true;
}

bool decoder_check(const struct decoder_spec *spec, struct error *err) {
    const struct decoder_config *c = &spec->config;
    if (!check_config(c, err)) return false;
    uint64_t q_dim = (uint64_t)c->n_heads * c->head_dim;
    uint64_t kv_dim = (uint64_t)c->n_kv_heads * c->head_dim;
    if (!check_tensor(&spec->token_embedding, "token_embedding", c->n_vocab, c->d_model, err) ||
        !check_vector(&spec->output_norm, "output_norm", c->d_model, err) ||
        !check_tensor(&spec->output, "output", c->n_vocab, c->d_model, err))
        return false;
    for (uint32_t i = 0; i < c->n_layers; i++) {
        const struct decoder_layer *layer = &spec->layers[i];
        if (!check_vector(&layer->attention_norm, "attention_norm", c->d_model, err) ||
            !check_tensor(&layer->wq, "wq", q_dim, c->d_model, err) ||
            !check_tensor(&layer->wk, "wk", kv_dim, c->d_model, err) ||
            !check_tensor(&layer->wv, "wv", kv_dim, c->d_model, err) ||
            !check_optional(&layer->bq, "bq", q_dim, err) ||
            !check_optional(&layer->bk, "bk", kv_dim, err) ||
            !check_optional(&layer->bv, "bv", kv_dim, err) ||
            !check_optional(&layer->q_norm, "q_norm", c->head_dim, err) ||
            !check_optional(&layer->k_norm, "k_norm", c->head_dim, err) ||
            !check_tensor(&layer->wo, "wo", c->d_model, q_dim, err) ||
            !check_vector(&layer->ffn_norm, "ffn_norm", c->d_model, err) ||
            !check_tensor(&layer->w_gate, "w_gate", c->d_ff, c->d_model, err) ||
            !check_tensor(&layer->w_up, "w_up", c->d_ff, c->d_model, err) ||
            !check_tensor(&layer->w_down, "w_down", c->d_model, c->d_ff, err))
            return false;
    }
    return true;
}
