/* The tokenizer.ggml.* keys of a GGUF, handed to tokenizer_create. */
#include "engine/model/gguf_internal.h"
#include "engine/model/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TOKENS = 1 << 22, MAX_MERGES = 1 << 23, MAX_PRE = 64 };

/* What tokenizer_source points into while the tokenizer is made. */
struct vocabulary {
    struct tokenizer_source source;
    struct text_view *tokens, *merges;
    float *scores;
    int32_t *kinds;
    char pre[MAX_PRE + 1];
};

static bool is(struct text_view text, const char *name) {
    return text.length == strlen(name) && memcmp(text.bytes, name, text.length) == 0;
}

static bool read_model(const struct gguf *gguf, struct vocabulary *v, struct error *err) {
    struct text_view name;
    if (!gguf_find_string(gguf, "tokenizer.ggml.model", &name))
        return error_set(err, ERROR_FORMAT,
                         "the file has no vocabulary (no string tokenizer.ggml.model)");
    if (is(name, "gpt2"))
        v->source.model = TOKENIZER_BPE;
    else if (is(name, "llama"))
        v->source.model = TOKENIZER_SENTENCEPIECE;
    else
        return error_set(err, ERROR_UNSUPPORTED,
                         "tokenizer '%s' cannot be read here; known are gpt2 and llama",
                         gguf_printable(name).text);
    return true;
}

static bool read_pre(const struct gguf *gguf, struct vocabulary *v, struct error *err) {
    struct text_view name;
    if (!gguf_find_string(gguf, "tokenizer.ggml.pre", &name)) return true;
    if (name.length > MAX_PRE || memchr(name.bytes, 0, name.length) != NULL)
        return error_set(err, ERROR_UNSUPPORTED, "pre-tokenizer '%s' is not known here",
                         gguf_printable(name).text);
    memcpy(v->pre, name.bytes, name.length);
    v->source.pre = v->pre;
    return true;
}

static bool read_tokens(const struct gguf *gguf, struct vocabulary *v, struct error *err) {
    size_t n;
    if (!gguf_find_strings(gguf, "tokenizer.ggml.tokens", &v->tokens, &n, err)) return false;
    if (n == 0 || n > MAX_TOKENS)
        return error_set(err, ERROR_FORMAT, "a vocabulary of %zu tokens makes no sense", n);
    v->source.tokens = v->tokens;
    v->source.n_tokens = (uint32_t)n;
    if (v->source.model != TOKENIZER_BPE) return true;
    if (!gguf_find_strings(gguf, "tokenizer.ggml.merges", &v->merges, &n, err)) return false;
    if (n > MAX_MERGES) return error_set(err, ERROR_FORMAT, "%zu merges make no sense", n);
    v->source.merges = v->merges;
    v->source.n_merges = (uint32_t)n;
    return true;
}

static bool agree(const char *key, size_t n, uint32_t n_tokens, struct error *err) {
    return n == n_tokens ||
           error_set(err, ERROR_FORMAT, "key %s has %zu entries, but there are %" PRIu32 " tokens",
                     key, n, n_tokens);
}

/* Copies n numbers of 4 bytes out of the file, where they lie unaligned. */
static void *copy_words(const void *bytes, size_t n, struct error *err) {
    void *copy = malloc(n * 4);
    if (copy == NULL)
        error_set(err, ERROR_MEMORY, "not enough memory for the vocabulary");
    else
        memcpy(copy, bytes, n * 4);
    return copy;
}

static bool read_scores(const struct gguf *gguf, struct vocabulary *v, struct error *err) {
    static const char key[] = "tokenizer.ggml.scores";
    const void *bytes;
    size_t n;
    if (v->source.model != TOKENIZER_SENTENCEPIECE) return true; /* merges rank a BPE vocabulary */
    if (!gguf_find_array(gguf, key, GGUF_FLOAT32, &bytes, &n))
        return error_set(err, ERROR_FORMAT, "the file has no list of numbers %s", key);
    if (!agree(key, n, v->source.n_tokens, err)) return false;
    v->scores = copy_words(bytes, n, err);
    v->source.scores = v->scores;
    return v->scores != NULL;
}

static bool read_kinds(const struct gguf *gguf, struct vocabulary *v, struct error *err) {
    static const char key[] = "tokenizer.ggml.token_type";
    const void *bytes;
    size_t n;
    if (!gguf_has_key(gguf, key)) return true;
    if (!gguf_find_array(gguf, key, GGUF_INT32, &bytes, &n) &&
        !gguf_find_array(gguf, key, GGUF_UINT32, &bytes, &n))
        return error_set(err, ERROR_FORMAT, "key %s is not a list of whole numbers", key);
    if (!agree(key, n, v->source.n_tokens, err)) return false;
    v->kinds = copy_words(bytes, n, err);
    if (v->kinds == NULL) return false;
    for (size_t i = 0; i < n; i++) {
        if (v->kinds[i] == 0) v->kinds[i] = TOKEN_NORMAL; /* "undefined" in old files */
        if (v->kinds[i] < TOKEN_NORMAL || v->kinds[i] > TOKEN_BYTE)
            return error_set(err, ERROR_FORMAT, "key %s gives token %zu the unknown type %" PRId32,
                             key, i, v->kinds[i]);
    }
    v->source.kinds = v->kinds;
    return true;
}

/* A token id; what *out holds already where the key is absent or says "none" (all ones). */
static bool read_id(const struct gguf *gguf, const char *key, const struct vocabulary *v,
                    int32_t *out, struct error *err) {
    uint64_t id;
    char full[80];
    snprintf(full, sizeof full, "tokenizer.ggml.%s", key);
    if (!gguf_find_u64(gguf, full, &id) || id == UINT32_MAX) return true;
    if (id >= v->source.n_tokens)
        return error_set(err, ERROR_FORMAT,
                         "key %s is token %" PRIu64 ", but there are only %" PRIu32, full, id,
                         v->source.n_tokens);
    *out = (int32_t)id;
    return true;
}

static bool read_ids(const struct gguf *gguf, struct vocabulary *v, struct error *err) {
    struct tokenizer_source *s = &v->source;
    s->bos = s->eos = s->eot = s->unknown = -1;
    s->fim_prefix = s->fim_suffix = s->fim_middle = -1;
    if (s->model == TOKENIZER_SENTENCEPIECE && s->n_tokens > 2) {
        /* LLaMA's own, for the files that leave them out. */
        s->unknown = 0;
        s->bos = 1;
        s->eos = 2;
    }
    const struct {
        const char *key;
        int32_t *slot;
    } ids[] = {
        {"bos_token_id", &s->bos},
        {"eos_token_id", &s->eos},
        {"eot_token_id", &s->eot},
        {"unknown_token_id", &s->unknown},
        /* The older names first: the newer ones win where a file has both. */
        {"prefix_token_id", &s->fim_prefix},
        {"suffix_token_id", &s->fim_suffix},
        {"middle_token_id", &s->fim_middle},
        {"fim_pre_token_id", &s->fim_prefix},
        {"fim_suf_token_id", &s->fim_suffix},
        {"fim_mid_token_id", &s->fim_middle},
    };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (!read_id(gguf, ids[i].key, v, ids[i].slot, err)) return false;
    return true;
}

static void read_flags(const struct gguf *gguf, struct vocabulary *v) {
    struct tokenizer_source *s = &v->source;
    bool llama3 =
        s->pre != NULL && (strcmp(s->pre, "llama-bpe") == 0 || strcmp(s->pre, "llama3") == 0 ||
                           strcmp(s->pre, "llama-v3") == 0);
    s->add_bos = s->model == TOKENIZER_SENTENCEPIECE || llama3;
    s->add_space_prefix = s->model == TOKENIZER_SENTENCEPIECE;
    gguf_find_bool(gguf, "tokenizer.ggml.add_bos_token", &s->add_bos);
    gguf_find_bool(gguf, "tokenizer.ggml.add_space_prefix", &s->add_space_prefix);
}

struct tokenizer *gguf_create_tokenizer(const struct gguf *gguf, struct error *err) {
    struct vocabulary v = {0};
    struct tokenizer *tokenizer = NULL;
    if (read_model(gguf, &v, err) && read_pre(gguf, &v, err) && read_tokens(gguf, &v, err) &&
        read_scores(gguf, &v, err) && read_kinds(gguf, &v, err) && read_ids(gguf, &v, err)) {
        read_flags(gguf, &v);
        tokenizer = tokenizer_create(&v.source, err);
    }
    free(v.kinds);
    free(v.scores);
    free(v.merges);
    free(v.tokens);
    return tokenizer;
}
