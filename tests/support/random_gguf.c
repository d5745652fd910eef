#include "tests/support/random_gguf.h"

#include "tests/support/gguf_writer.h"
#include "tests/support/random_blocks.h"
#include "tests/support/random_vocabulary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 32 };

/* ---- the tensors of a model ------------------------------------------------------------------ */

enum content {
    CONTENT_PROJECTION, /* keeps the size of what goes through it */
    CONTENT_OUTPUT,     /* the same, times 2: logits that make up their mind */
    CONTENT_NORM,       /* 0.5 .. 1.5 */
    CONTENT_BIAS,       /* -0.5 .. 0.5 */
    CONTENT_FACTOR,     /* 1 .. 5 */
};

struct plan_tensor {
    char name[48];
    enum content content;
    enum tensor_type type;
    uint64_t rows, cols;
};

struct plan {
    struct random_gguf o; /* every default filled in */
    struct plan_tensor *tensors;
    size_t n;
};

static void fill(uint32_t *field, uint32_t value) {
    if (*field == 0) *field = value;
}

static void fill_defaults(struct random_gguf *o) {
    if (o->architecture == NULL) o->architecture = "llama";
    fill(&o->version, 3);
    fill(&o->n_layers, 2);
    fill(&o->d_model, 256);
    fill(&o->n_heads, 4);
    fill(&o->n_kv_heads, 2);
    fill(&o->head_dim, o->d_model / o->n_heads);
    fill(&o->d_ff, 512);
    fill(&o->n_context, 512);
    fill(&o->n_vocab, VOCABULARY_SIZE);
    if (o->rope_base == 0) o->rope_base = 10000;
}

static void add(struct plan *p, const char *name, enum content content, uint64_t rows,
                uint64_t cols) {
    bool matrix = content == CONTENT_PROJECTION || content == CONTENT_OUTPUT;
    const struct random_gguf *o = &p->o;
    if (o->without_tensor != NULL && strcmp(name, o->without_tensor) == 0) return;
    if (o->rename_from != NULL && strcmp(name, o->rename_from) == 0) name = o->rename_to;
    struct plan_tensor *t = &p->tensors[p->n++];
    snprintf(t->name, sizeof t->name, "%s", name);
    t->content = content;
    t->type = matrix ? p->o.type : content == CONTENT_FACTOR ? TENSOR_F32 : p->o.vector_type;
    t->rows = rows;
    t->cols = cols;
}

static void add_in_layer(struct plan *p, uint32_t layer, const char *name, enum content content,
                         uint64_t rows, uint64_t cols) {
    char full[48];
    snprintf(full, sizeof full, "blk.%u.%s", (unsigned)layer, name);
    add(p, full, content, rows, cols);
}

static void add_layer(struct plan *p, uint32_t l) {
    const struct random_gguf *o = &p->o;
    uint64_t d = o->d_model, q = (uint64_t)o->n_heads * o->head_dim,
             kv = (uint64_t)o->n_kv_heads * o->head_dim;
    add_in_layer(p, l, "attn_norm.weight", CONTENT_NORM, 1, d);
    add_in_layer(p, l, "attn_q.weight", CONTENT_PROJECTION, q, d);
    add_in_layer(p, l, "attn_k.weight", CONTENT_PROJECTION, kv, d);
    add_in_layer(p, l, "attn_v.weight", CONTENT_PROJECTION, kv, d);
    if (strcmp(o->architecture, "qwen2") == 0) {
        add_in_layer(p, l, "attn_q.bias", CONTENT_BIAS, 1, q);
        add_in_layer(p, l, "attn_k.bias", CONTENT_BIAS, 1, kv);
        add_in_layer(p, l, "attn_v.bias", CONTENT_BIAS, 1, kv);
    }
    if (strcmp(o->architecture, "qwen3") == 0) {
        add_in_layer(p, l, "attn_q_norm.weight", CONTENT_NORM, 1, o->head_dim);
        add_in_layer(p, l, "attn_k_norm.weight", CONTENT_NORM, 1, o->head_dim);
    }
    add_in_layer(p, l, "attn_output.weight", CONTENT_PROJECTION, d, q);
    add_in_layer(p, l, "ffn_norm.weight", CONTENT_NORM, 1, d);
    add_in_layer(p, l, "ffn_gate.weight", CONTENT_PROJECTION, o->d_ff, d);
    add_in_layer(p, l, "ffn_up.weight", CONTENT_PROJECTION, o->d_ff, d);
    add_in_layer(p, l, "ffn_down.weight", CONTENT_PROJECTION, d, o->d_ff);
}

static bool make_plan(struct plan *p, const struct random_gguf *options) {
    *p = (struct plan){.o = *options};
    fill_defaults(&p->o);
    p->tensors = calloc(4 + 14 * (size_t)p->o.n_layers, sizeof *p->tensors);
    if (p->tensors == NULL) return false;
    uint64_t vocabulary = p->o.n_vocab, d = p->o.d_model;
    add(p, "token_embd.weight", CONTENT_OUTPUT, vocabulary, d);
    add(p, "output_norm.weight", CONTENT_NORM, 1, d);
    if (!p->o.tied) add(p, "output.weight", CONTENT_OUTPUT, vocabulary, d);
    if (p->o.rope_factors) add(p, "rope_freqs.weight", CONTENT_FACTOR, 1, p->o.head_dim / 2);
    for (uint32_t l = 0; l < p->o.n_layers; l++)
        add_layer(p, l);
    return true;
}

/* ---- the header ------------------------------------------------------------------------------ */

static uint64_t tensor_bytes(const struct plan_tensor *t) {
    return t->rows * tensor_row_bytes(t->type, t->cols);
}

static uint64_t aligned(uint64_t n) {
    return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void put_keys(struct gguf_writer *w, const struct random_gguf *o) {
    char key[64], name[96];
    snprintf(name, sizeof name, "random %s %s", o->architecture, tensor_type_info(o->type)->name);
    gguf_put_key_text(w, "general.architecture", o->architecture);
    gguf_put_key_text(w, "general.name", o->name != NULL ? o->name : name);
    const struct {
        const char *suffix;
        uint32_t value;
    } numbers[] = {
        {"block_count", o->n_layers},          {"context_length", o->n_context},
        {"embedding_length", o->d_model},      {"feed_forward_length", o->d_ff},
        {"attention.head_count", o->n_heads},  {"attention.head_count_kv", o->n_kv_heads},
        {"attention.key_length", o->head_dim}, {"attention.value_length", o->head_dim},
        {"rope.dimension_count", o->head_dim}, {"vocab_size", o->n_vocab},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        snprintf(key, sizeof key, "%s.%s", o->architecture, numbers[i].suffix);
        gguf_put_key_u32(w, key, numbers[i].value);
    }
    snprintf(key, sizeof key, "%s.attention.layer_norm_rms_epsilon", o->architecture);
    gguf_put_key_f32(w, key, 1e-5f);
    snprintf(key, sizeof key, "%s.rope.freq_base", o->architecture);
    gguf_put_key_f32(w, key, o->rope_base);
    if (o->rope_factor == 0) return;
    snprintf(key, sizeof key, "%s.rope.scaling.type", o->architecture);
    gguf_put_key_text(w, key, "linear");
    snprintf(key, sizeof key, "%s.rope.scaling.factor", o->architecture);
    gguf_put_key_f32(w, key, o->rope_factor);
}

static void put_descriptions(struct gguf_writer *w, const struct plan *p) {
    uint64_t offset = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct plan_tensor *t = &p->tensors[i];
        bool vector = t->content >= CONTENT_NORM;
        gguf_put_tensor(w, t->name, vector ? 1 : 2, (uint64_t[]){t->cols, t->rows}, t->type,
                        offset);
        offset = aligned(offset + tensor_bytes(t));
    }
}

/* ---- the data -------------------------------------------------------------------------------- */

/* Each tensor has a stream of its own, by its name: another tensor more or less changes no other.
 */
static struct random_bits stream_of(const struct plan_tensor *t, uint64_t seed) {
    uint64_t hash = 0xcbf29ce484222325u ^ seed;
    for (const char *c = t->name; *c != '\0'; c++)
        hash = (hash ^ (uint8_t)*c) * 0x100000001b3u;
    return (struct random_bits){hash};
}

static float vector_value(enum content content, struct random_bits *bits) {
    float x = random_signed(bits);
    switch (content) {
    case CONTENT_NORM:
        return 1 + x * 0.5f;
    case CONTENT_BIAS:
        return x * 0.5f;
    default:
        return 3 + x * 2;
    }
}

static void make_row(const struct plan_tensor *t, struct random_bits *bits, uint8_t *row) {
    if (t->content == CONTENT_PROJECTION || t->content == CONTENT_OUTPUT) {
        float gain = t->content == CONTENT_OUTPUT ? 2 : 1;
        random_row(bits, t->type, gain / sqrtf((float)t->cols), row, (size_t)t->cols);
        return;
    }
    for (uint64_t i = 0; i < t->cols; i++) {
        float value = vector_value(t->content, bits);
        uint16_t half = t->type == TENSOR_F16 ? float_to_half(value) : float_to_bfloat16(value);
        if (t->type == TENSOR_F32)
            memcpy(row + 4 * i, &value, 4);
        else
            memcpy(row + 2 * i, &half, 2);
    }
}

static void put_data(struct gguf_writer *w, const struct plan_tensor *t, uint64_t seed) {
    struct random_bits bits = stream_of(t, seed);
    size_t row_bytes = (size_t)tensor_row_bytes(t->type, t->cols);
    uint8_t *row = malloc(row_bytes);
    if (row == NULL) {
        w->failed = true;
        return;
    }
    for (uint64_t r = 0; r < t->rows && !w->failed; r++) {
        make_row(t, &bits, row);
        gguf_put(w, row, row_bytes);
    }
    gguf_put_padding(w, ALIGNMENT);
    free(row);
}

static bool put_model(struct gguf_writer *w, const struct random_gguf *options, struct error *err) {
    struct plan p;
    if (!make_plan(&p, options)) return error_set(err, ERROR_MEMORY, "not enough memory");
    const struct random_gguf *o = &p.o;
    unsigned n_keys =
        14 + (o->rope_factor != 0 ? 2 : 0) + random_vocabulary_keys(o->fim) + o->n_extra_keys;
    gguf_put_header(w, o->version, p.n, n_keys);
    put_keys(w, o);
    random_vocabulary_put(w, o->n_vocab, o->fim);
    if (o->extra_keys != NULL) o->extra_keys(w);
    put_descriptions(w, &p);
    gguf_put_padding(w, ALIGNMENT);
    for (size_t i = 0; i < p.n && !w->failed; i++)
        put_data(w, &p.tensors[i], o->seed);
    free(p.tensors);
    return !w->failed ||
           error_set(err, w->file ? ERROR_IO : ERROR_MEMORY, "cannot write the model");
}

bool random_gguf_bytes(const struct random_gguf *options, void **bytes, size_t *n,
                       struct error *err) {
    struct gguf_writer w = {0};
    if (!put_model(&w, options, err)) {
        free(w.bytes);
        return false;
    }
    *bytes = w.bytes;
    *n = w.length;
    return true;
}

bool random_gguf_write(const struct random_gguf *options, const char *path, struct error *err) {
    FILE *file = fopen(path, "wb");
    if (file == NULL) return error_set(err, ERROR_IO, "cannot create %s", path);
    struct gguf_writer w = {.file = file};
    bool ok = put_model(&w, options, err);
    if (fclose(file) != 0) ok = error_set(err, ERROR_IO, "cannot write %s", path);
    if (!ok) remove(path);
    return ok;
}

/* ---- shapes ---------------------------------------------------------------------------------- */

static const struct random_gguf shapes[] = {
    {.name = "tiny-llama"},
    {.name = "tiny-qwen2", .architecture = "qwen2", .tied = true, .fim = true},
    {.name = "tiny-qwen3", .architecture = "qwen3", .head_dim = 128},
    {.name = "tiny-llama-rope",
     .vector_type = TENSOR_BF16,
     .tied = true,
     .rope_base = 50000,
     .rope_factor = 4,
     .rope_factors = true},
    {.name = "smollm2-135m",
     .tied = true,
     .n_layers = 30,
     .d_model = 576,
     .n_heads = 9,
     .n_kv_heads = 3,
     .d_ff = 1536,
     .n_context = 8192,
     .n_vocab = 49152,
     .rope_base = 100000},
    {.name = "qwen2.5-coder-0.5b",
     .architecture = "qwen2",
     .tied = true,
     .fim = true,
     .n_layers = 24,
     .d_model = 896,
     .n_heads = 14,
     .n_kv_heads = 2,
     .d_ff = 4864,
     .n_context = 32768,
     .n_vocab = 151936,
     .rope_base = 1000000},
    {.name = "tinyllama-1.1b",
     .n_layers = 22,
     .d_model = 2048,
     .n_heads = 32,
     .n_kv_heads = 4,
     .d_ff = 5632,
     .n_context = 4096,
     .n_vocab = 32000},
    {.name = "aquilacode-7b",
     .n_layers = 32,
     .d_model = 4096,
     .n_heads = 32,
     .n_kv_heads = 32,
     .d_ff = 11008,
     .n_context = 4096,
     .n_vocab = 100008},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

const char *const random_gguf_shapes[] = {"tiny-llama",      "tiny-qwen2",    "tiny-qwen3",
                                          "tiny-llama-rope", "smollm2-135m",  "qwen2.5-coder-0.5b",
                                          "tinyllama-1.1b",  "aquilacode-7b", NULL};

bool random_gguf_shape(const char *name, struct random_gguf *out) {
    for (size_t i = 0; i < N_SHAPES; i++) {
        if (strcmp(shapes[i].name, name) != 0) continue;
        *out = shapes[i];
        return true;
    }
    return false;
}
