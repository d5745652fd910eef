#include "engine/model/model.h"

#include "engine/model/architectures.h"
#include "engine/model/gguf_internal.h"
#include "engine/model/model_config.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct model {
    struct gguf *gguf;
    char *name;
    const struct architecture *architecture;
    struct decoder_spec spec;
    struct decoder_layer *layers; /* = spec.layers */
    bool *used;                   /* [gguf_n_tensors] has the decoder a place for it? */
    float **owned;                /* vectors that had to be converted to F32 */
    size_t n_owned, owned_capacity;
    uint64_t n_parameters, weight_bytes;
};

/* ---- tensors --------------------------------------------------------------------------------- */

static bool check_shape(const struct gguf_tensor *found, uint64_t rows, uint64_t cols,
                        struct error *err) {
    if (found->n_dims <= 2 && found->tensor.rows == rows && found->tensor.cols == cols) return true;
    return error_set(err, ERROR_FORMAT,
                     "tensor %s is %" PRIu64 " x %" PRIu64 ", but the model's keys make it %" PRIu64
                     " x %" PRIu64 " (columns x rows)",
                     gguf_printable(found->name).text, found->tensor.cols, found->tensor.rows, cols,
                     rows);
}

/* A vector as F32: in place, or converted into memory of our own. */
static bool vector_as_f32(struct model *self, const struct gguf_tensor *found, struct tensor *out,
                          struct error *err) {
    enum tensor_type type = found->tensor.type;
    if (type == TENSOR_F32) {
        *out = found->tensor;
        return true;
    }
    if (type != TENSOR_F16 && type != TENSOR_BF16)
        return error_set(err, ERROR_UNSUPPORTED,
                         "tensor %s is of type %s; norms and biases must be F32, F16 or BF16",
                         gguf_printable(found->name).text, tensor_type_info(type)->name);
    if (self->n_owned == self->owned_capacity) {
        size_t wanted = self->owned_capacity == 0 ? 16 : self->owned_capacity * 2;
        float **grown = realloc(self->owned, wanted * sizeof *grown);
        if (grown == NULL) return error_set(err, ERROR_MEMORY, "not enough memory for the norms");
        self->owned = grown;
        self->owned_capacity = wanted;
    }
    float *values = malloc((size_t)found->tensor.cols * sizeof *values);
    if (values == NULL) return error_set(err, ERROR_MEMORY, "not enough memory for the norms");
    self->owned[self->n_owned++] = values;
    tensor_dequantize(type, found->tensor.data, values, (size_t)found->tensor.cols);
    *out = (struct tensor){TENSOR_F32, 1, found->tensor.cols, values};
    return true;
}

/* Notes that a tensor has a place in the decoder. */
static void use(struct model *self, const struct gguf_tensor *found) {
    self->used[found - gguf_tensor_at(self->gguf, 0)] = true;
    self->n_parameters += found->tensor.rows * found->tensor.cols;
    self->weight_bytes += found->bytes;
}

static bool fill_role(struct model *self, const struct tensor_role *role, const char *name,
                      void *base, struct error *err) {
    unsigned bit = self->architecture->bit;
    if (!(role->allowed_in & bit)) return true;
    const struct gguf_tensor *found = gguf_find_tensor(self->gguf, name);
    if (found == NULL) {
        if (!(role->needed_by & bit)) return true;
        return error_set(err, ERROR_FORMAT, "the file has no tensor %s, which a %s model needs",
                         name, self->architecture->name);
    }
    const struct decoder_config *config = &self->spec.config;
    if (!check_shape(found, extent_of(role->rows, config), extent_of(role->cols, config), err))
        return false;
    use(self, found);
    struct tensor *slot = (struct tensor *)((char *)base + role->offset);
    if (role->vector) return vector_as_f32(self, found, slot, err);
    *slot = found->tensor;
    return true;
}

static bool fill_layers(struct model *self, struct error *err) {
    uint32_t n = self->spec.config.n_layers;
    self->layers = calloc(n, sizeof *self->layers);
    if (self->layers == NULL)
        return error_set(err, ERROR_MEMORY, "not enough memory for %u layers", n);
    self->spec.layers = self->layers;
    for (uint32_t l = 0; l < n; l++)
        for (size_t r = 0; r < n_layer_roles; r++) {
            char name[64];
            snprintf(name, sizeof name, "blk.%" PRIu32 ".%s", l, layer_roles[r].name);
            if (!fill_role(self, &layer_roles[r], name, &self->layers[l], err)) return false;
        }
    return true;
}

/* Divisors of the rotation frequencies, as Llama 3 files carry them. */
static bool fill_frequency_factors(struct model *self, struct error *err) {
    const struct gguf_tensor *found = gguf_find_tensor(self->gguf, "rope_freqs.weight");
    if (found == NULL) return true;
    struct tensor factors = {0};
    uint64_t n = self->spec.config.rope.n_dims / 2;
    if (!check_shape(found, 1, n, err) || !vector_as_f32(self, found, &factors, err)) return false;
    use(self, found);
    const float *values = factors.data;
    for (uint64_t i = 0; i < n; i++)
        if (!isfinite(values[i]) || values[i] <= 0)
            return error_set(err, ERROR_FORMAT,
                             "tensor rope_freqs.weight holds a value that is not above 0");
    self->spec.config.rope.frequency_factors = values;
    return true;
}

/* Left over from old converters: frequencies that every reader computes itself. */
static bool is_ignorable(struct text_view name) {
    static const char *const endings[] = {".attn_rot_embd", ".attn_rot_embd.weight",
                                          ".attention.rotary_emb.inv_freq"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t n = strlen(endings[i]);
        if (name.length >= n && memcmp(name.bytes + name.length - n, endings[i], n) == 0)
            return true;
    }
    return false;
}

/* A weight nobody multiplies with would make every answer silently wrong. */
static bool check_all_used(const struct model *self, struct error *err) {
    for (size_t i = 0; i < gguf_n_tensors(self->gguf); i++) {
        struct text_view name = gguf_tensor_at(self->gguf, i)->name;
        if (!self->used[i] && !is_ignorable(name))
            return error_set(err, ERROR_UNSUPPORTED,
                             "tensor %s has no place in a %s decoder here; use another model",
                             gguf_printable(name).text, self->architecture->name);
    }
    return true;
}

/* ---- opening --------------------------------------------------------------------------------- */

static bool find_architecture(struct model *self, struct error *err) {
    struct text_view name;
    if (!gguf_find_string(self->gguf, "general.architecture", &name))
        return error_set(err, ERROR_FORMAT,
                         "the file does not say its architecture "
                         "(no string general.architecture)");
    self->architecture = architecture_find(name.bytes, name.length);
    if (self->architecture == NULL)
        return error_set(err, ERROR_UNSUPPORTED,
                         "architecture '%s' cannot be run here; known are %s",
                         gguf_printable(name).text, architecture_names);
    return true;
}

/* malloc'ed: whole UTF-8 characters without control characters, whatever the file holds. */
static char *clean_name(struct text_view raw) {
    enum { MAX_NAME = 256 };
    if (raw.length > MAX_NAME) raw.length = MAX_NAME;
    char *out = malloc(3 * raw.length + 16);
    if (out == NULL) return NULL;
    struct utf8_stream stream = {0};
    size_t n = utf8_stream_feed(&stream, raw.bytes, raw.length, out);
    n += utf8_stream_feed(&stream, NULL, 0, out + n);
    out[n] = '\0';
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)out[i] < 0x20 || out[i] == 0x7f) out[i] = '?';
    return out;
}

static bool set_name(struct model *self, const char *path, struct error *err) {
    struct text_view name = {0};
    if (!gguf_find_string(self->gguf, "general.name", &name) || name.length == 0) {
        const char *base = path == NULL ? NULL : strrchr(path, '/');
        base = base != NULL ? base + 1 : path != NULL ? path : "unnamed";
        name = (struct text_view){base, strlen(base)};
        if (name.length > 5 && strcmp(base + name.length - 5, ".gguf") == 0) name.length -= 5;
    }
    self->name = clean_name(name);
    return self->name != NULL || error_set(err, ERROR_MEMORY, "not enough memory");
}

static bool load(struct model *self, const char *path, struct error *err) {
    if (!find_architecture(self, err) || !set_name(self, path, err) ||
        !model_read_config(self->gguf, self->architecture, &self->spec.config, err))
        return false;
    self->used = calloc(gguf_n_tensors(self->gguf) + 1, sizeof *self->used);
    if (self->used == NULL) return error_set(err, ERROR_MEMORY, "not enough memory");
    for (size_t r = 0; r < n_model_roles; r++)
        if (!fill_role(self, &model_roles[r], model_roles[r].name, &self->spec, err)) return false;
    if (self->spec.output.data == NULL) self->spec.output = self->spec.token_embedding;
    return fill_layers(self, err) && fill_frequency_factors(self, err) && check_all_used(self, err);
}

/* Takes the file over, also on failure. */
static struct model *open_gguf(struct gguf *gguf, const char *path, struct error *err) {
    struct model *self = calloc(1, sizeof *self);
    if (self == NULL) {
        gguf_close(gguf);
        error_set(err, ERROR_MEMORY, "not enough memory");
        return NULL;
    }
    self->gguf = gguf;
    struct error inner = ERROR_INIT;
    if (load(self, path, &inner)) return self;
    enum { KEEP = 160 };
    size_t length = path == NULL ? 0 : strlen(path);
    error_set(err, inner.code, "%s%s%s",
              length > KEEP ? path + length - KEEP
              : path        ? path
                            : "",
              path != NULL ? ": " : "", inner.message);
    model_close(self);
    return NULL;
}

struct model *model_open(const char *path, struct error *err) {
    struct gguf *gguf = gguf_open(path, err);
    return gguf == NULL ? NULL : open_gguf(gguf, path, err);
}

struct model *model_open_memory(const void *bytes, size_t length, struct error *err) {
    struct gguf *gguf = gguf_open_memory(bytes, length, err);
    return gguf == NULL ? NULL : open_gguf(gguf, NULL, err);
}

void model_close(struct model *self) {
    if (self == NULL) return;
    for (size_t i = 0; i < self->n_owned; i++)
        free(self->owned[i]);
    free(self->owned);
    free(self->used);
    free(self->layers);
    free(self->name);
    gguf_close(self->gguf);
    free(self);
}

/* ---- what it is ------------------------------------------------------------------------------ */

const struct gguf *model_gguf(const struct model *self) {
    return self->gguf;
}

const char *model_name(const struct model *self) {
    return self->name;
}

const char *model_architecture(const struct model *self) {
    return self->architecture->name;
}

const struct decoder_spec *model_decoder(const struct model *self) {
    return &self->spec;
}

uint64_t model_n_parameters(const struct model *self) {
    return self->n_parameters;
}

uint64_t model_weight_bytes(const struct model *self) {
    return self->weight_bytes;
}

uint64_t model_kv_bytes(const struct model *self, uint32_t n_tokens, unsigned element_bytes) {
    const struct decoder_config *c = &self->spec.config;
    return (uint64_t)2 * c->n_layers * c->n_kv_heads * c->head_dim * element_bytes * n_tokens;
}

struct tokenizer *model_create_tokenizer(const struct model *self, struct error *err) {
    struct tokenizer *tokenizer = gguf_create_tokenizer(self->gguf, err);
    if (tokenizer == NULL) return NULL;
    uint32_t n_vocab = self->spec.config.n_vocab;
    if (tokenizer_size(tokenizer) <= n_vocab) return tokenizer;
    error_set(err, ERROR_FORMAT,
              "the vocabulary has %" PRIu32 " tokens, but the model embeds only %" PRIu32,
              tokenizer_size(tokenizer), n_vocab);
    tokenizer_free(tokenizer);
    return NULL;
}
