#include "engine/tokenizer/sentencepiece.h"

#include "engine/tokenizer/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct text_view BLANK = {"\xE2\x96\x81", 3}; /* U+2581 */

/* ---- making --------------------------------------------------------------------------------- */

static void find_bytes(struct sentencepiece *self) {
    for (unsigned byte = 0; byte < 256; byte++) {
        char spelling[8];
        snprintf(spelling, sizeof spelling, "<0x%02X>", byte);
        int32_t id = token_index_find(&self->vocabulary->index, (struct text_view){spelling, 6});
        self->bytes[byte] = id >= 0 && self->vocabulary->kinds[id] != TOKEN_CONTROL ? id : -1;
    }
}

struct scored {
    float score;
    int32_t id;
};

static int by_falling_score(const void *a, const void *b) {
    const struct scored *left = a, *right = b;
    return (left->score < right->score) - (left->score > right->score);
}

/* ranks[id]: 0 for the best score; equal scores share a rank. Malloc'ed; NULL on failure. */
static uint32_t *rank_scores(const struct tokenizer_source *source, struct error *err) {
    uint32_t n = source->n_tokens;
    struct scored *order = malloc(n * sizeof *order);
    uint32_t *ranks = malloc(n * sizeof *ranks);
    if (!order || !ranks) {
        error_set(err, ERROR_MEMORY, "no memory for the scores of %lu tokens", (unsigned long)n);
        free(order);
        free(ranks);
        return NULL;
    }
    for (uint32_t i = 0; i < n; i++)
        order[i] = (struct scored){source->scores[i], (int32_t)i};
    qsort(order, n, sizeof *order, by_falling_score);
    for (uint32_t i = 0, rank = 0; i < n; i++) {
        if (i > 0 && order[i].score < order[i - 1].score) rank = i;
        ranks[order[i].id] = rank;
    }
    free(order);
    return ranks;
}

static bool add_character(struct sentencepiece *self, struct text_view character,
                          struct error *err) {
    if (token_index_find(&self->characters, character) >= 0) return true;
    int32_t symbol = token_index_find(&self->vocabulary->index, character);
    if (symbol >= 0 && vocabulary_is_plain(self->vocabulary, symbol))
        return token_index_add(&self->characters, character, symbol, err);

    if (self->n_extra == self->extra_capacity) {
        size_t capacity = self->extra_capacity ? self->extra_capacity * 2 : 64;
        struct text_view *extra = realloc(self->extra, capacity * sizeof *extra);
        if (!extra)
            return error_set(err, ERROR_MEMORY, "no memory for the vocabulary's characters");
        self->extra = extra;
        self->extra_capacity = capacity;
    }
    if (self->n_extra >= INT32_MAX - self->vocabulary->size)
        return error_set(err, ERROR_FORMAT, "the vocabulary has too many characters");
    symbol = (int32_t)(self->vocabulary->size + self->n_extra);
    self->extra[self->n_extra++] = character;
    return token_index_add(&self->characters, character, symbol, err);
}

static void set_adjacent(struct sentencepiece *self, char left, char right) {
    unsigned bit = (unsigned)(uint8_t)left << 8 | (uint8_t)right;
    self->adjacent[bit / 64] |= UINT64_C(1) << bit % 64;
}

static bool is_adjacent(const struct sentencepiece *self, char left, char right) {
    unsigned bit = (unsigned)(uint8_t)left << 8 | (uint8_t)right;
    return self->adjacent[bit / 64] >> bit % 64 & 1;
}

/* Characters of all plain tokens, and which of them meet. */
static bool learn_characters(struct sentencepiece *self, struct error *err) {
    if (!add_character(self, BLANK, err)) return false;
    for (uint32_t id = 0; id < self->vocabulary->size; id++) {
        if (!vocabulary_is_plain(self->vocabulary, (int32_t)id)) continue;
        struct text_view token = self->vocabulary->spellings[id];
        for (size_t at = 0; at < token.length;) {
            size_t length = utf8_head(token.bytes + at, token.length - at).length;
            if (!add_character(self, (struct text_view){token.bytes + at, length}, err))
                return false;
            if (at > 0) set_adjacent(self, token.bytes[at - 1], token.bytes[at]);
            at += length;
        }
    }
    return true;
}

/* The symbol of a part of a token: a character, or a plain token; -1 if it is neither. */
static int32_t part_symbol(const struct sentencepiece *self, struct text_view part, uint64_t hash) {
    if (part.length <= 4) {
        int32_t character = token_index_find_hashed(&self->characters, hash, part);
        if (character >= 0) return character;
    }
    int32_t id = token_index_find_hashed(&self->vocabulary->index, hash, part);
    return id >= 0 && vocabulary_is_plain(self->vocabulary, id) ? id : -1;
}

/* Every cut between two characters of the token whose halves are symbols. `heads` has room for
 * token.length hashes: the polynomial gives both halves' hashes without reading them again, so that
 * an absurdly long token costs no more than its length. */
static bool add_splits(struct sentencepiece *self, int32_t id, uint32_t rank, uint64_t *heads,
                       struct error *err) {
    struct text_view token = self->vocabulary->spellings[id];
    uint64_t whole = 0;
    for (size_t i = 0; i < token.length; i++)
        heads[i] = whole = token_hash_push(whole, token.bytes[i]);

    uint64_t power = 1; /* TOKEN_HASH_BASE to the power of the tail's length */
    size_t powered = 0;
    /* From the back, because the tail's power grows that way. */
    for (size_t cut = token.length; cut-- > 1;) {
        power *= TOKEN_HASH_BASE;
        powered++;
        if (((uint8_t)token.bytes[cut] & 0xC0) == 0x80) continue;
        struct text_view head = {token.bytes, cut};
        struct text_view tail = {token.bytes + cut, powered};
        int32_t left = part_symbol(self, head, heads[cut - 1]);
        if (left < 0) continue;
        int32_t right = part_symbol(self, tail, whole - heads[cut - 1] * power);
        if (right < 0) continue;
        if (!merge_table_add(&self->merges, left, right, rank, id, err)) return false;
    }
    return true;
}

static bool learn_merges(struct sentencepiece *self, const uint32_t *ranks, struct error *err) {
    const struct vocabulary *vocabulary = self->vocabulary;
    size_t longest = 0;
    for (uint32_t id = 0; id < vocabulary->size; id++)
        if (vocabulary->spellings[id].length > longest) longest = vocabulary->spellings[id].length;
    uint64_t *heads = malloc((longest + 1) * sizeof *heads);
    if (!heads) return error_set(err, ERROR_MEMORY, "no memory for the vocabulary's merges");

    bool ok = true;
    for (uint32_t id = 0; ok && id < vocabulary->size; id++) {
        /* Of two tokens spelled alike only the first can be found. */
        if (vocabulary->spellings[id].length == 0 ||
            !vocabulary_is_plain(vocabulary, (int32_t)id) ||
            token_index_find(&vocabulary->index, vocabulary->spellings[id]) != (int32_t)id)
            continue;
        ok = add_splits(self, (int32_t)id, ranks[id], heads, err);
    }
    free(heads);
    return ok;
}

bool sentencepiece_init(struct sentencepiece *self, const struct vocabulary *vocabulary,
                        const struct tokenizer_source *source, struct error *err) {
    self->vocabulary = vocabulary;
    self->unknown = source->unknown;
    if (!source->scores) return error_set(err, ERROR_FORMAT, "the vocabulary has no scores");
    for (uint32_t i = 0; i < source->n_tokens; i++)
        if (isnan(source->scores[i]))
            return error_set(err, ERROR_FORMAT, "the score of token %lu is not a number",
                             (unsigned long)i);
    find_bytes(self);
    uint32_t *ranks = rank_scores(source, err);
    bool ok = ranks && learn_characters(self, err) && learn_merges(self, ranks, err);
    free(ranks);
    return ok;
}

void sentencepiece_free(struct sentencepiece *self) {
    merge_table_free(&self->merges);
    token_index_free(&self->characters);
    free(self->extra);
    *self = (struct sentencepiece){0};
}

/* ---- encoding ------------------------------------------------------------------------------- */

struct encoding {
    const struct sentencepiece *model;
    struct token_list *out;
    struct token_list symbols; /* since the last place where the text could be cut */
    struct merge_scratch scratch;
};

/* Bytes that no token covers. */
static bool push_bytes(struct encoding *self, struct text_view text, struct error *err) {
    bool spelled = true;
    for (size_t i = 0; i < text.length; i++)
        spelled = spelled && self->model->bytes[(uint8_t)text.bytes[i]] >= 0;
    if (!spelled)
        return self->model->unknown < 0 || token_list_push(self->out, self->model->unknown, err);
    for (size_t i = 0; i < text.length; i++)
        if (!token_list_push(self->out, self->model->bytes[(uint8_t)text.bytes[i]], err))
            return false;
    return true;
}

static bool flush(struct encoding *self, struct error *err) {
    const struct sentencepiece *model = self->model;
    size_t n = self->symbols.length;
    if (!merge_symbols(&model->merges, &self->scratch, self->symbols.ids, &n, err)) return false;
    for (size_t i = 0; i < n; i++) {
        uint32_t symbol = (uint32_t)self->symbols.ids[i];
        if (symbol < model->vocabulary->size) {
            if (!token_list_push(self->out, (int32_t)symbol, err)) return false;
            continue;
        }
        struct text_view character = model->extra[symbol - model->vocabulary->size];
        bool is_blank = character.length == BLANK.length &&
                        memcmp(character.bytes, BLANK.bytes, BLANK.length) == 0;
        if (!push_bytes(self, is_blank ? (struct text_view){" ", 1} : character, err)) return false;
    }
    self->symbols.length = 0;
    return true;
}

static bool push_character(struct encoding *self, struct text_view character, char before,
                           struct error *err) {
    int32_t symbol = token_index_find(&self->model->characters, character);
    bool cut = symbol < 0 || !is_adjacent(self->model, before, character.bytes[0]);
    if (cut && self->symbols.length > 0 && !flush(self, err)) return false;
    return symbol < 0 ? push_bytes(self, character, err)
                      : token_list_push(&self->symbols, symbol, err);
}

bool sentencepiece_encode(const struct sentencepiece *self, const char *text, size_t length,
                          bool space_prefix, struct token_list *out, struct error *err) {
    if (length == 0) return true;
    struct encoding encoding = {.model = self, .out = out};
    bool ok = !space_prefix || push_character(&encoding, BLANK, 0, err);
    char before = BLANK.bytes[BLANK.length - 1];
    for (size_t at = 0; ok && at < length;) {
        struct text_view character = {text + at, utf8_head(text + at, length - at).length};
        at += character.length;
        if (character.length == 1 && character.bytes[0] == ' ') character = BLANK;
        ok = push_character(&encoding, character, before, err);
        before = character.bytes[character.length - 1];
    }
    ok = ok && (encoding.symbols.length == 0 || flush(&encoding, err));
    token_list_free(&encoding.symbols);
    merge_scratch_free(&encoding.scratch);
    return ok;
}
