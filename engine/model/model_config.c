#include "engine/model/model_config.h"

#include "engine/model/gguf_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Far above every published model, and small enough that no product of two overflows 64 bits. */
enum {
    MAX_LAYERS = 1024,
    MAX_MODEL = 1 << 17,
    MAX_HEADS = 4096,
    MAX_HEAD_DIM = 4096,
    MAX_FF = 1 << 20,
    MAX_VOCAB = 1 << 22,
    MAX_CONTEXT = 1 << 26,
    MAX_WIDTH = 1 << 20, /* n_heads * head_dim */
};

struct source {
    const struct gguf *gguf;
    const char *prefix; /* "llama" */
    struct error *err;
};

struct key {
    char text[80];
};

static struct key key_of(const struct source *s, const char *suffix) {
    struct key key;
    snprintf(key.text, sizeof key.text, "%s.%s", s->prefix, suffix);
    return key;
}

/* A whole number from low to high; keeps what *out holds where the key is absent and not needed. */
static bool whole(const struct source *s, const char *suffix, bool needed, uint32_t low,
                  uint32_t high, uint32_t *out) {
    struct key key = key_of(s, suffix);
    if (!gguf_has_key(s->gguf, key.text))
        return !needed || error_set(s->err, ERROR_FORMAT, "the file has no key %s", key.text);
    if (gguf_find_entry(s->gguf, key.text, strlen(key.text))->type == GGUF_ARRAY)
        return error_set(s->err, ERROR_UNSUPPORTED,
                         "key %s is a list: layers of different shapes cannot be run here",
                         key.text);
    uint64_t value;
    if (!gguf_find_u64(s->gguf, key.text, &value))
        return error_set(s->err, ERROR_FORMAT, "key %s is not a whole number from %" PRIu32,
                         key.text, low);
    if (value < low || value > high)
        return error_set(s->err, ERROR_FORMAT,
                         "key %s is %" PRIu64 ", not from %" PRIu32 " to %" PRIu32, key.text, value,
                         low, high);
    *out = (uint32_t)value;
    return true;
}

/* Any number or boolean as a double; false where the key is absent or something else. */
static bool number(const struct source *s, const char *suffix, double *out) {
    struct key key = key_of(s, suffix);
    uint64_t whole_value;
    float real;
    bool flag;
    if (gguf_find_u64(s->gguf, key.text, &whole_value))
        *out = (double)whole_value;
    else if (gguf_find_f32(s->gguf, key.text, &real))
        *out = real;
    else if (gguf_find_bool(s->gguf, key.text, &flag))
        *out = flag;
    else
        return false;
    return true;
}

/* A finite number above `above` and at most `high`; keeps *out where the key is absent. */
static bool real(const struct source *s, const char *suffix, bool needed, double above, double high,
                 float *out) {
    struct key key = key_of(s, suffix);
    if (!gguf_has_key(s->gguf, key.text))
        return !needed || error_set(s->err, ERROR_FORMAT, "the file has no key %s", key.text);
    double value;
    if (!number(s, suffix, &value) || !(value > above) || !(value <= high))
        return error_set(s->err, ERROR_FORMAT, "key %s is not a number above %g and up to %g",
                         key.text, above, high);
    *out = (float)value;
    return true;
}

static bool check_foreign_keys(const struct source *s) {
    for (size_t i = 0; i < n_foreign_keys; i++) {
        const struct foreign_key *foreign = &foreign_keys[i];
        struct key key = key_of(s, foreign->suffix);
        double value;
        if (!gguf_has_key(s->gguf, key.text)) continue;
        if (number(s, foreign->suffix, &value) &&
            (value == foreign->harmless || value == foreign->also_harmless))
            continue;
        return error_set(s->err, ERROR_UNSUPPORTED,
                         "key %s asks for something that cannot be run here; use another model",
                         key.text);
    }
    return true;
}

static bool read_heads(const struct source *s, struct decoder_config *c) {
    if (!whole(s, "attention.head_count", true, 1, MAX_HEADS, &c->n_heads)) return false;
    c->n_kv_heads = c->n_heads;
    if (!whole(s, "attention.head_count_kv", false, 1, MAX_HEADS, &c->n_kv_heads)) return false;
    if (c->n_heads % c->n_kv_heads != 0)
        return error_set(s->err, ERROR_FORMAT,
                         "%" PRIu32 " attention heads cannot share %" PRIu32 " key/value heads",
                         c->n_heads, c->n_kv_heads);
    c->head_dim = 0;
    if (!whole(s, "attention.key_length", false, 2, MAX_HEAD_DIM, &c->head_dim)) return false;
    if (c->head_dim == 0) {
        if (c->d_model % c->n_heads != 0)
            return error_set(s->err, ERROR_FORMAT,
                             "a width of %" PRIu32 " cannot be cut into %" PRIu32 " heads",
                             c->d_model, c->n_heads);
        c->head_dim = c->d_model / c->n_heads;
    }
    uint32_t value_dim = c->head_dim;
    if (!whole(s, "attention.value_length", false, 1, MAX_HEAD_DIM, &value_dim)) return false;
    if (value_dim != c->head_dim)
        return error_set(s->err, ERROR_UNSUPPORTED,
                         "keys of %" PRIu32 " and values of %" PRIu32
                         " dimensions: different sizes cannot be run here",
                         c->head_dim, value_dim);
    if (c->head_dim % 2 != 0 || c->head_dim < 2 || c->head_dim > MAX_HEAD_DIM ||
        c->n_heads * c->head_dim > MAX_WIDTH)
        return error_set(s->err, ERROR_FORMAT,
                         "%" PRIu32 " heads of %" PRIu32 " dimensions make no sense", c->n_heads,
                         c->head_dim);
    double scale;
    if (number(s, "attention.scale", &scale) && scale != 0 &&
        fabs(scale * sqrt(c->head_dim) - 1) > 1e-4)
        return error_set(s->err, ERROR_UNSUPPORTED,
                         "key %s.attention.scale is not 1/sqrt(%" PRIu32
                         "), which cannot be run here; use another model",
                         s->prefix, c->head_dim);
    return true;
}

/* Linear scaling divides positions by a factor (Chen et al. 2023). Files before rope.scaling.*
 * wrote it as rope.scale_linear. */
static bool read_rope_scaling(const struct source *s, struct rope_config *rope) {
    struct key key = key_of(s, "rope.scaling.type");
    struct text_view type = {0};
    bool none = false;
    if (gguf_find_string(s->gguf, key.text, &type)) {
        none = type.length == 4 && memcmp(type.bytes, "none", 4) == 0;
        bool linear = type.length == 6 && memcmp(type.bytes, "linear", 6) == 0;
        if (!none && !linear)
            return error_set(s->err, ERROR_UNSUPPORTED,
                             "rope scaling of type '%s' (%s) cannot be run here, only linear",
                             gguf_printable(type).text, key.text);
    } else if (gguf_has_key(s->gguf, key.text)) {
        return error_set(s->err, ERROR_FORMAT, "key %s is not a string", key.text);
    }
    rope->position_scale = 1;
    const char *suffix = "rope.scaling.factor";
    if (!gguf_has_key(s->gguf, key_of(s, suffix).text)) suffix = "rope.scale_linear";
    double factor;
    if (none || !gguf_has_key(s->gguf, key_of(s, suffix).text)) return true;
    if (!number(s, suffix, &factor) || !(factor == 0 || (factor >= 1e-3 && factor <= 1e6)))
        return error_set(s->err, ERROR_FORMAT, "key %s is not a sensible factor",
                         key_of(s, suffix).text);
    if (factor != 0) rope->position_scale = (float)(1 / factor);
    return true;
}

static bool read_rope(const struct source *s, const struct architecture *architecture,
                      struct decoder_config *c) {
    struct rope_config *rope = &c->rope;
    rope->style = architecture->rope;
    rope->n_dims = c->head_dim;
    rope->base = 10000;
    rope->frequency_factors = NULL;
    if (!whole(s, "rope.dimension_count", false, 2, c->head_dim, &rope->n_dims) ||
        !real(s, "rope.freq_base", false, 0, 1e12, &rope->base))
        return false;
    if (rope->n_dims % 2 != 0)
        return error_set(s->err, ERROR_FORMAT, "key %s.rope.dimension_count is odd", s->prefix);
    return read_rope_scaling(s, rope);
}

/* The vocabulary is as large as the embedding table; a key that says otherwise lies. */
static bool read_vocabulary(const struct source *s, struct decoder_config *c) {
    const struct gguf_tensor *embedding = gguf_find_tensor(s->gguf, "token_embd.weight");
    if (embedding == NULL)
        return error_set(s->err, ERROR_FORMAT, "the file has no tensor token_embd.weight%s",
                         gguf_n_tensors(s->gguf) == 0 ? " (it holds a vocabulary only)" : "");
    uint64_t rows = embedding->tensor.rows;
    if (rows < 1 || rows > MAX_VOCAB)
        return error_set(s->err, ERROR_FORMAT, "a vocabulary of %" PRIu64 " tokens makes no sense",
                         rows);
    c->n_vocab = (uint32_t)rows;
    uint32_t claimed = c->n_vocab;
    if (!whole(s, "vocab_size", false, 1, MAX_VOCAB, &claimed)) return false;
    if (claimed != c->n_vocab)
        return error_set(s->err, ERROR_FORMAT,
                         "key %s.vocab_size is %" PRIu32 ", but token_embd.weight has %" PRIu32
                         " rows",
                         s->prefix, claimed, c->n_vocab);
    return true;
}

bool model_read_config(const struct gguf *gguf, const struct architecture *architecture,
                       struct decoder_config *out, struct error *err) {
    struct source source = {gguf, architecture->name, err}, *s = &source;
    struct decoder_config c = {0};
    if (!check_foreign_keys(s) || !whole(s, "block_count", true, 1, MAX_LAYERS, &c.n_layers) ||
        !whole(s, "embedding_length", true, 1, MAX_MODEL, &c.d_model) ||
        !whole(s, "feed_forward_length", true, 1, MAX_FF, &c.d_ff) ||
        !whole(s, "context_length", true, 1, MAX_CONTEXT, &c.n_context) ||
        !real(s, "attention.layer_norm_rms_epsilon", true, 0, 0.1, &c.norm_eps) ||
        !read_heads(s, &c) || !read_rope(s, architecture, &c) || !read_vocabulary(s, &c))
        return false;
    /* Within its window, sliding attention is full attention. */
    uint32_t window = 0;
    if (!whole(s, "attention.sliding_window", false, 0, UINT32_MAX, &window)) return false;
    if (window != 0 && window < c.n_context) c.n_context = window;
    *out = c;
    return true;
}
