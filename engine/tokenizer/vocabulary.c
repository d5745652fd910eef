#include "engine/tokenizer/vocabulary.h"

#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/well_known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char BLANK[] = "\xE2\x96\x81"; /* U+2581, a blank in a SentencePiece vocabulary */
enum { BLANK_BYTES = sizeof BLANK - 1 };

/* Far beyond any real token, and twice of it still fits 32 bits. */
#define MAX_TOKEN_BYTES 0x3FFFFFFFu

static bool check_id(const struct tokenizer_source *source, int32_t id, const char *name,
                     struct error *err) {
    if (id >= -1 && (id < 0 || (uint32_t)id < source->n_tokens)) return true;
    return error_set(err, ERROR_FORMAT, "the vocabulary's %s token is %ld, but it has %lu tokens",
                     name, (long)id, (unsigned long)source->n_tokens);
}

static bool check_source(const struct tokenizer_source *source, struct error *err) {
    if (source->n_tokens == 0 || !source->tokens)
        return error_set(err, ERROR_FORMAT, "the vocabulary is empty");
    if (source->n_tokens > INT32_MAX / 2)
        return error_set(err, ERROR_FORMAT, "a vocabulary of %lu tokens is too large",
                         (unsigned long)source->n_tokens);
    for (uint32_t i = 0; i < source->n_tokens; i++) {
        const struct text_view *token = &source->tokens[i];
        if (token->length > MAX_TOKEN_BYTES || (token->length > 0 && !token->bytes))
            return error_set(err, ERROR_FORMAT, "token %lu of the vocabulary is %zu bytes long",
                             (unsigned long)i, token->length);
        if (source->kinds && (source->kinds[i] < 0 || source->kinds[i] > TOKEN_BYTE))
            return error_set(err, ERROR_FORMAT, "token %lu of the vocabulary is of kind %ld",
                             (unsigned long)i, (long)source->kinds[i]);
    }
    return check_id(source, source->bos, "bos", err) && check_id(source, source->eos, "eos", err) &&
           check_id(source, source->eot, "eot", err) &&
           check_id(source, source->unknown, "unknown", err) &&
           check_id(source, source->fim_prefix, "fim prefix", err) &&
           check_id(source, source->fim_suffix, "fim suffix", err) &&
           check_id(source, source->fim_middle, "fim middle", err);
}

/* A token's bytes are never longer than its spelling, so twice the spellings holds everything. */
static bool allocate(struct vocabulary *self, const struct tokenizer_source *source,
                     struct error *err) {
    size_t n = source->n_tokens, total = 0;
    for (size_t i = 0; i < n; i++) {
        if (source->tokens[i].length > SIZE_MAX / 4 - total)
            return error_set(err, ERROR_FORMAT, "the vocabulary's strings are too long together");
        total += source->tokens[i].length;
    }
    self->spellings = calloc(n, sizeof *self->spellings);
    self->bytes = calloc(n, sizeof *self->bytes);
    self->kinds = calloc(n, sizeof *self->kinds);
    self->ends = calloc(n, sizeof *self->ends);
    self->text = malloc(total * 2 + 1);
    if (!self->spellings || !self->bytes || !self->kinds || !self->ends || !self->text)
        return error_set(err, ERROR_MEMORY, "no memory for a vocabulary of %zu tokens", n);
    return true;
}

static bool copy_tokens(struct vocabulary *self, const struct tokenizer_source *source,
                        struct error *err) {
    char *to = self->text;
    for (uint32_t i = 0; i < self->size; i++) {
        size_t length = source->tokens[i].length;
        if (length > 0) memcpy(to, source->tokens[i].bytes, length);
        self->spellings[i] = (struct text_view){to, length};
        to += length;

        /* Old converters write 0, "undefined", for ordinary tokens. */
        int32_t kind = source->kinds ? source->kinds[i] : TOKEN_NORMAL;
        self->kinds[i] = (uint8_t)(kind == 0 ? TOKEN_NORMAL : kind);
        if (length > 0 && !token_index_add(&self->index, self->spellings[i], (int32_t)i, err))
            return false;
    }
    return true;
}

/* "<0x0A>" -> 10, anything else -> -1. */
static int byte_token_value(struct text_view spelling) {
    char text[7];
    unsigned value;
    if (spelling.length != 6) return -1;
    memcpy(text, spelling.bytes, 6);
    text[6] = '\0';
    if (strncmp(text, "<0x", 3) != 0 || text[5] != '>') return -1;
    if (strspn(text + 3, "0123456789ABCDEFabcdef") != 2) return -1;
    return sscanf(text + 3, "%2x", &value) == 1 ? (int)value : -1;
}

static size_t unescape_blanks(struct text_view spelling, char *out) {
    size_t written = 0;
    for (size_t at = 0; at < spelling.length;) {
        if (spelling.length - at >= BLANK_BYTES &&
            memcmp(spelling.bytes + at, BLANK, BLANK_BYTES) == 0) {
            out[written++] = ' ';
            at += BLANK_BYTES;
        } else {
            out[written++] = spelling.bytes[at++];
        }
    }
    return written;
}

/* Writes the bytes of one ordinary token; SIZE_MAX: they are the spelling itself. */
static size_t write_bytes(enum tokenizer_model model, uint8_t kind, struct text_view spelling,
                          char *out) {
    if (model == TOKENIZER_BPE) return byte_alphabet_decode(spelling, out);
    int byte = kind == TOKEN_BYTE ? byte_token_value(spelling) : -1;
    if (byte < 0) return unescape_blanks(spelling, out);
    out[0] = (char)byte;
    return 1;
}

static void spell_out(struct vocabulary *self, enum tokenizer_model model) {
    char *to = self->text;
    for (uint32_t i = 0; i < self->size; i++)
        to += self->spellings[i].length;
    for (uint32_t i = 0; i < self->size; i++) {
        self->bytes[i] = (struct text_view){to, 0};
        switch (self->kinds[i]) {
        case TOKEN_CONTROL:
        case TOKEN_UNKNOWN:
            break;
        case TOKEN_USER_DEFINED: /* matched in text as it is spelled */
            self->bytes[i] = self->spellings[i];
            break;
        default: {
            size_t length = write_bytes(model, self->kinds[i], self->spellings[i], to);
            if (length == SIZE_MAX) {
                self->bytes[i] = self->spellings[i];
            } else {
                self->bytes[i].length = length;
                to += length;
            }
        }
        }
    }
}

static int32_t known_fim(struct vocabulary *self, int32_t id, enum well_known_role role) {
    return id >= 0 ? id : well_known_find(role, &self->index, self->kinds);
}

bool vocabulary_init(struct vocabulary *self, const struct tokenizer_source *source,
                     struct error *err) {
    if (!check_source(source, err)) return false;
    self->size = source->n_tokens;
    if (!allocate(self, source, err) || !copy_tokens(self, source, err)) return false;

    self->fim_prefix = known_fim(self, source->fim_prefix, WELL_KNOWN_FIM_PREFIX);
    self->fim_suffix = known_fim(self, source->fim_suffix, WELL_KNOWN_FIM_SUFFIX);
    self->fim_middle = known_fim(self, source->fim_middle, WELL_KNOWN_FIM_MIDDLE);
    well_known_mark(&self->index, self->kinds, self->ends);
    if (source->eos >= 0) self->ends[source->eos] = true;
    if (source->eot >= 0) self->ends[source->eot] = true;

    spell_out(self, source->model);
    return true;
}

void vocabulary_free(struct vocabulary *self) {
    token_index_free(&self->index);
    free(self->spellings);
    free(self->bytes);
    free(self->kinds);
    free(self->ends);
    free(self->text);
    *self = (struct vocabulary){0};
}

bool vocabulary_is_plain(const struct vocabulary *self, int32_t id) {
    uint8_t kind = self->kinds[id];
    return kind == TOKEN_NORMAL || kind == TOKEN_USER_DEFINED || kind == TOKEN_UNUSED;
}
