#include "engine/tokenizer/tokenizer.h"

#include "engine/tokenizer/bpe.h"
#include "engine/tokenizer/sentencepiece.h"
#include "engine/tokenizer/special_tokens.h"

#include <stdlib.h>

struct tokenizer {
    enum tokenizer_model model;
    struct vocabulary vocabulary;
    struct special_tokens always;  /* looked for in every text */
    struct special_tokens special; /* looked for with TOKENIZE_SPECIAL; includes the former */
    struct bpe bpe;                /* the one of these two that `model` names */
    struct sentencepiece sentencepiece;
    int32_t bos, eos;
    bool add_bos, add_space_prefix;
};

struct tokenizer *tokenizer_create(const struct tokenizer_source *source, struct error *err) {
    struct tokenizer *self = calloc(1, sizeof *self);
    if (!self) {
        error_set(err, ERROR_MEMORY, "no memory for a tokenizer");
        return NULL;
    }
    self->model = source->model;
    self->bos = source->bos;
    self->eos = source->eos;
    self->add_bos = source->add_bos;
    self->add_space_prefix = source->add_space_prefix;

    if (!vocabulary_init(&self->vocabulary, source, err) ||
        !special_tokens_init(&self->always, &self->vocabulary, false, err) ||
        !special_tokens_init(&self->special, &self->vocabulary, true, err))
        goto fail;
    switch (source->model) {
    case TOKENIZER_BPE:
        if (!bpe_init(&self->bpe, &self->vocabulary, source, err)) goto fail;
        break;
    case TOKENIZER_SENTENCEPIECE:
        if (!sentencepiece_init(&self->sentencepiece, &self->vocabulary, source, err)) goto fail;
        break;
    default:
        error_set(err, ERROR_UNSUPPORTED, "tokenizer model %d is not known here",
                  (int)source->model);
        goto fail;
    }
    return self;

fail:
    tokenizer_free(self);
    return NULL;
}

void tokenizer_free(struct tokenizer *self) {
    if (!self) return;
    bpe_free(&self->bpe);
    sentencepiece_free(&self->sentencepiece);
    special_tokens_free(&self->special);
    special_tokens_free(&self->always);
    vocabulary_free(&self->vocabulary);
    free(self);
}

/* ---- text to tokens ------------------------------------------------------------------------- */

/* `space_prefix`: does a SentencePiece vocabulary put a blank before this part? */
static bool encode_plain(const struct tokenizer *self, const char *text, size_t length,
                         bool space_prefix, struct token_list *out, struct error *err) {
    if (self->model == TOKENIZER_BPE) return bpe_encode(&self->bpe, text, length, out, err);
    return sentencepiece_encode(&self->sentencepiece, text, length,
                                space_prefix && self->add_space_prefix, out, err);
}

bool tokenizer_encode(const struct tokenizer *self, const char *text, size_t length, unsigned flags,
                      struct token_list *out, struct error *err) {
    const struct special_tokens *special =
        flags & TOKENIZE_SPECIAL ? &self->special : &self->always;
    size_t length_before = out->length;
    bool space_prefix = !(flags & TOKENIZE_NO_SPACE_PREFIX);
    bool ok = true;
    if ((flags & TOKENIZE_ADD_BOS) && self->add_bos && self->bos >= 0)
        ok = token_list_push(out, self->bos, err);

    size_t at = 0;
    while (ok) {
        struct special_match match = special_tokens_find(special, text + at, length - at);
        if (match.length == 0) break;
        /* Text after a special token is the beginning of a text again. */
        ok = encode_plain(self, text + at, match.start, space_prefix, out, err) &&
             token_list_push(out, match.id, err);
        at += match.start + match.length;
        space_prefix = true;
    }
    ok = ok && encode_plain(self, text + at, length - at, space_prefix, out, err);
    if (!ok) out->length = length_before;
    return ok;
}

/* ---- tokens to text ------------------------------------------------------------------------- */

static bool in_range(const struct tokenizer *self, int32_t id) {
    return id >= 0 && (uint32_t)id < self->vocabulary.size;
}

struct text_view tokenizer_bytes(const struct tokenizer *self, int32_t id) {
    return in_range(self, id) ? self->vocabulary.bytes[id] : (struct text_view){"", 0};
}

struct text_view tokenizer_spelling(const struct tokenizer *self, int32_t id) {
    return in_range(self, id) ? self->vocabulary.spellings[id] : (struct text_view){"", 0};
}

/* ---- what it knows -------------------------------------------------------------------------- */

uint32_t tokenizer_size(const struct tokenizer *self) {
    return self->vocabulary.size;
}

enum token_kind tokenizer_kind(const struct tokenizer *self, int32_t id) {
    return in_range(self, id) ? (enum token_kind)self->vocabulary.kinds[id] : TOKEN_UNUSED;
}

int32_t tokenizer_bos(const struct tokenizer *self) {
    return self->bos;
}

int32_t tokenizer_eos(const struct tokenizer *self) {
    return self->eos;
}

bool tokenizer_adds_bos(const struct tokenizer *self) {
    return self->add_bos && self->bos >= 0;
}

bool tokenizer_adds_space_prefix(const struct tokenizer *self) {
    return self->model == TOKENIZER_SENTENCEPIECE && self->add_space_prefix;
}

bool tokenizer_is_end(const struct tokenizer *self, int32_t id) {
    return in_range(self, id) && self->vocabulary.ends[id];
}

int32_t tokenizer_fim_prefix(const struct tokenizer *self) {
    return self->vocabulary.fim_prefix;
}

int32_t tokenizer_fim_suffix(const struct tokenizer *self) {
    return self->vocabulary.fim_suffix;
}

int32_t tokenizer_fim_middle(const struct tokenizer *self) {
    return self->vocabulary.fim_middle;
}

int32_t tokenizer_find(const struct tokenizer *self, const char *spelling, size_t length) {
    return token_index_find(&self->vocabulary.index, (struct text_view){spelling, length});
}
