#include "lsp/cmd/model_info.h"

#include "engine/decode/memory.h"
#include "engine/model/model.h"
#include "engine/model/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keys and values are counted in half precision, as the fast backends keep them. */
enum { KV_ELEMENT_BYTES = 2 };

struct type_count {
    const char *type;
    unsigned tensors;
    uint64_t bytes;
};

struct summary {
    const char *path;
    const struct model *model;
    const struct gguf *gguf;
    const struct decoder_config *config;
    const struct tokenizer *tokenizer; /* NULL where it cannot be made; then: */
    struct error tokenizer_error;
    char tokenizer_model[32], tokenizer_pre[64];
    bool tied;
    struct type_count types[16];
    size_t n_types;
};

const char *model_info_count(uint64_t n, char *text, size_t capacity) {
    if (n >= 1000000000)
        snprintf(text, capacity, "%.2f billion", (double)n / 1e9);
    else if (n >= 1000000)
        snprintf(text, capacity, "%.1f million", (double)n / 1e6);
    else
        snprintf(text, capacity, "%" PRIu64, n);
    return text;
}

json_t *model_info_string(const char *text) {
    json_t *plain = json_string(text);
    if (plain != NULL) return plain;
    size_t length = strlen(text);
    char *clean = malloc(3 * length + 16);
    if (clean == NULL) return NULL;
    struct utf8_stream stream = {0};
    size_t n = utf8_stream_feed(&stream, text, length, clean);
    n += utf8_stream_feed(&stream, NULL, 0, clean + n);
    plain = json_stringn(clean, n);
    free(clean);
    return plain;
}

/* ---- gathering ------------------------------------------------------------------------------- */

static void count_types(struct summary *s) {
    for (size_t i = 0; i < gguf_n_tensors(s->gguf); i++) {
        const struct gguf_tensor *tensor = gguf_tensor_at(s->gguf, i);
        const char *type = tensor_type_info(tensor->tensor.type)->name;
        size_t t = 0;
        while (t < s->n_types && s->types[t].type != type)
            t++;
        if (t == s->n_types) s->types[s->n_types++].type = type;
        s->types[t].tensors++;
        s->types[t].bytes += tensor->bytes;
    }
}

/* A string key as ASCII, "" where it is absent. */
static void copy_key(const struct gguf *gguf, const char *key, char *out, size_t capacity) {
    struct text_view text = {"", 0};
    gguf_find_string(gguf, key, &text);
    size_t n = text.length < capacity - 1 ? text.length : capacity - 1;
    for (size_t i = 0; i < n; i++)
        out[i] = text.bytes[i] >= 0x20 && text.bytes[i] < 0x7f ? text.bytes[i] : '?';
    out[n] = '\0';
}

static bool has_fim(const struct summary *s) {
    return s->tokenizer != NULL && tokenizer_fim_prefix(s->tokenizer) >= 0 &&
           tokenizer_fim_suffix(s->tokenizer) >= 0 && tokenizer_fim_middle(s->tokenizer) >= 0;
}

static const char *rope_style(const struct decoder_config *config) {
    return config->rope.style == ROPE_ADJACENT ? "adjacent pairs" : "halves";
}

static uint64_t kv_bytes(const struct summary *s) {
    return model_kv_bytes(s->model, s->config->n_context, KV_ELEMENT_BYTES);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *id_json(int32_t id) {
    return id < 0 ? json_null() : json_integer(id);
}

static json_t *tokenizer_json(const struct summary *s) {
    if (s->tokenizer == NULL)
        return json_pack("{s:s, s:s, s:o}", "model", s->tokenizer_model, "pre", s->tokenizer_pre,
                         "error", model_info_string(s->tokenizer_error.message));
    return json_pack("{s:s, s:s, s:I, s:o, s:o, s:b}", "model", s->tokenizer_model, "pre",
                     s->tokenizer_pre, "tokens", (json_int_t)tokenizer_size(s->tokenizer), "bos",
                     id_json(tokenizer_bos(s->tokenizer)), "eos",
                     id_json(tokenizer_eos(s->tokenizer)), "addsBos",
                     tokenizer_adds_bos(s->tokenizer));
}

static json_t *fim_json(const struct summary *s) {
    if (!has_fim(s)) return json_null();
    return json_pack("{s:i, s:i, s:i}", "prefix", tokenizer_fim_prefix(s->tokenizer), "suffix",
                     tokenizer_fim_suffix(s->tokenizer), "middle",
                     tokenizer_fim_middle(s->tokenizer));
}

static json_t *types_json(const struct summary *s) {
    json_t *types = json_object();
    for (size_t t = 0; t < s->n_types; t++)
        json_object_set_new(types, s->types[t].type,
                            json_pack("{s:I, s:I}", "tensors", (json_int_t)s->types[t].tensors,
                                      "bytes", (json_int_t)s->types[t].bytes));
    return types;
}

static bool print_json(const struct summary *s, struct error *err) {
    const struct decoder_config *c = s->config;
    json_t *rope =
        json_pack("{s:s, s:I, s:f, s:f, s:b}", "style",
                  c->rope.style == ROPE_ADJACENT ? "adjacent" : "halves", "dimensions",
                  (json_int_t)c->rope.n_dims, "base", (double)c->rope.base, "scale",
                  (double)c->rope.position_scale, "factors", c->rope.frequency_factors != NULL);
    json_t *all = json_pack(
        "{s:o, s:o, s:I, s:I, s:s, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, "
        "s:f, s:o, s:o, s:o, s:I}",
        "name", model_info_string(model_name(s->model)), "path", model_info_string(s->path),
        "bytes", (json_int_t)gguf_file_bytes(s->gguf), "ggufVersion",
        (json_int_t)gguf_version(s->gguf), "architecture", model_architecture(s->model),
        "parameters", (json_int_t)model_n_parameters(s->model), "weightBytes",
        (json_int_t)model_weight_bytes(s->model), "types", types_json(s), "context",
        (json_int_t)c->n_context, "layers", (json_int_t)c->n_layers, "width",
        (json_int_t)c->d_model, "feedForward", (json_int_t)c->d_ff, "heads", (json_int_t)c->n_heads,
        "kvHeads", (json_int_t)c->n_kv_heads, "headDim", (json_int_t)c->head_dim, "vocabulary",
        (json_int_t)c->n_vocab, "tiedOutput", s->tied, "normEps", (double)c->norm_eps, "rope", rope,
        "tokenizer", tokenizer_json(s), "fim", fim_json(s), "kvBytes", (json_int_t)kv_bytes(s));
    if (all == NULL) return error_set(err, ERROR_MEMORY, "not enough memory");
    json_dumpf(all, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(all);
    return true;
}

/* ---- for people ------------------------------------------------------------------------------ */

static void print_types(const struct summary *s) {
    char size[32];
    printf("%-14s", "tensors");
    for (size_t t = 0; t < s->n_types; t++)
        printf("%s%u %s (%s)", t ? ", " : "", s->types[t].tensors, s->types[t].type,
               memory_format(s->types[t].bytes, size, sizeof size));
    putchar('\n');
}

static void print_tokenizer(const struct summary *s) {
    printf("%-14s%" PRIu32 " tokens, tokenizer %s%s%s\n", "vocabulary", s->config->n_vocab,
           s->tokenizer_model[0] ? s->tokenizer_model : "none", s->tokenizer_pre[0] ? ", " : "",
           s->tokenizer_pre);
    if (s->tokenizer == NULL)
        printf("%-14sunusable: %s\n", "", s->tokenizer_error.message);
    else if (has_fim(s))
        printf("%-14syes: prefix %" PRId32 ", suffix %" PRId32 ", middle %" PRId32 "\n", "fill-in",
               tokenizer_fim_prefix(s->tokenizer), tokenizer_fim_suffix(s->tokenizer),
               tokenizer_fim_middle(s->tokenizer));
    else
        printf("%-14sno: the vocabulary has no fill-in-the-middle tokens\n", "fill-in");
}

static void print_text(const struct summary *s) {
    const struct decoder_config *c = s->config;
    char size[32], count[32];
    puts(model_name(s->model));
    printf("%-14s%s\n", "file", s->path);
    printf("%-14s%s, GGUF version %" PRIu32 "\n", "size",
           memory_format(gguf_file_bytes(s->gguf), size, sizeof size), gguf_version(s->gguf));
    printf("%-14s%s, %s parameters, %s of weights\n", "architecture", model_architecture(s->model),
           model_info_count(model_n_parameters(s->model), count, sizeof count),
           memory_format(model_weight_bytes(s->model), size, sizeof size));
    printf("%-14s%" PRIu32 " of width %" PRIu32 ", feed-forward %" PRIu32 ", output %s\n", "layers",
           c->n_layers, c->d_model, c->d_ff, s->tied ? "tied" : "untied");
    printf("%-14s%" PRIu32 " heads of %" PRIu32 ", %" PRIu32 " key/value heads\n", "attention",
           c->n_heads, c->head_dim, c->n_kv_heads);
    printf("%-14sbase %g, %s of %" PRIu32 " dimensions", "rope", (double)c->rope.base,
           rope_style(c), c->rope.n_dims);
    if (c->rope.position_scale != 1) printf(", linear x%g", 1 / (double)c->rope.position_scale);
    puts(c->rope.frequency_factors != NULL ? ", with frequency factors" : "");
    print_types(s);
    print_tokenizer(s);
    printf("%-14s%" PRIu32 " tokens; a full key/value cache takes %s\n", "context", c->n_context,
           memory_format(kv_bytes(s), size, sizeof size));
}

bool model_info_print(const char *name, bool as_json, struct error *err) {
    bool ok = false;
    struct tokenizer *tokenizer = NULL;
    struct model *model = NULL;
    char *path = store_resolve(name, err);
    if (path == NULL) goto done;
    model = model_open(path, err);
    if (model == NULL) goto done;
    struct summary s = {.path = path,
                        .model = model,
                        .gguf = model_gguf(model),
                        .config = &model_decoder(model)->config,
                        .tokenizer_error = ERROR_INIT};
    tokenizer = model_create_tokenizer(model, &s.tokenizer_error);
    s.tokenizer = tokenizer;
    s.tied = model_decoder(model)->output.data == model_decoder(model)->token_embedding.data;
    copy_key(s.gguf, "tokenizer.ggml.model", s.tokenizer_model, sizeof s.tokenizer_model);
    copy_key(s.gguf, "tokenizer.ggml.pre", s.tokenizer_pre, sizeof s.tokenizer_pre);
    count_types(&s);
    ok = true;
    if (as_json)
        ok = print_json(&s, err);
    else
        print_text(&s);
done:
    tokenizer_free(tokenizer);
    model_close(model);
    free(path);
    return ok;
}
