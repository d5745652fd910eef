#include "engine/tokenizer/bpe.h"

#include "engine/tokenizer/byte_alphabet.h"

#include <stdlib.h>
#include <string.h>

static void find_bytes(struct bpe *self) {
    for (unsigned byte = 0; byte < 256; byte++) {
        char spelling[2];
        struct text_view key = {spelling, byte_alphabet_spell((uint8_t)byte, spelling)};
        int32_t id = token_index_find(&self->vocabulary->index, key);
        self->bytes[byte] = id >= 0 && vocabulary_is_plain(self->vocabulary, id) ? id : -1;
    }
}

/* The id of left + right put together, or -1; `joined` is room for both. */
static int32_t find_product(const struct vocabulary *vocabulary, struct text_view left,
                            struct text_view right, char *joined) {
    memcpy(joined, left.bytes, left.length);
    memcpy(joined + left.length, right.bytes, right.length);
    return token_index_find(&vocabulary->index,
                            (struct text_view){joined, left.length + right.length});
}

/* A merge whose parts or product are no tokens can never yield one, and a control token never comes
 * out of plain text: both are left out. */
static bool add_merge(struct bpe *self, struct text_view left, struct text_view right,
                      uint32_t rank, char *joined, struct error *err) {
    const struct vocabulary *vocabulary = self->vocabulary;
    int32_t left_id = token_index_find(&vocabulary->index, left);
    int32_t right_id = token_index_find(&vocabulary->index, right);
    if (left_id < 0 || right_id < 0) return true;
    int32_t product = find_product(vocabulary, left, right, joined);
    if (product < 0 || !vocabulary_is_plain(vocabulary, product)) return true;
    return merge_table_add(&self->merges, left_id, right_id, rank, product, err);
}

static bool read_merges(struct bpe *self, const struct tokenizer_source *source,
                        struct error *err) {
    if (source->n_merges > 0 && !source->merges)
        return error_set(err, ERROR_FORMAT, "the vocabulary's merges are missing");
    size_t longest = 0;
    for (uint32_t id = 0; id < self->vocabulary->size; id++)
        if (self->vocabulary->spellings[id].length > longest)
            longest = self->vocabulary->spellings[id].length;
    char *joined = malloc(longest * 2 + 1);
    if (!joined) return error_set(err, ERROR_MEMORY, "no memory to read the merges");

    bool ok = true;
    for (uint32_t rank = 0; ok && rank < source->n_merges; rank++) {
        struct text_view merge = source->merges[rank];
        /* From the second byte on: the left part is never empty. */
        const char *blank =
            merge.bytes && merge.length > 2 ? memchr(merge.bytes + 1, ' ', merge.length - 2) : NULL;
        if (!blank) {
            ok = error_set(err, ERROR_FORMAT, "merge %lu of the vocabulary is not two tokens",
                           (unsigned long)rank);
            break;
        }
        size_t cut = (size_t)(blank - merge.bytes);
        struct text_view left = {merge.bytes, cut};
        struct text_view right = {blank + 1, merge.length - cut - 1};
        if (left.length <= longest && right.length <= longest)
            ok = add_merge(self, left, right, rank, joined, err);
    }
    free(joined);
    return ok;
}

static bool index_words(struct bpe *self, struct error *err) {
    for (uint32_t id = 0; id < self->vocabulary->size; id++) {
        struct text_view bytes = self->vocabulary->bytes[id];
        if (bytes.length == 0 || self->vocabulary->kinds[id] != TOKEN_NORMAL) continue;
        if (!token_index_add(&self->words, bytes, (int32_t)id, err)) return false;
    }
    return true;
}

bool bpe_init(struct bpe *self, const struct vocabulary *vocabulary,
              const struct tokenizer_source *source, struct error *err) {
    self->vocabulary = vocabulary;
    const char *pre = source->pre ? source->pre : "gpt-2";
    const struct pretokenizer_rules *rules = pretokenizer_rules_find(pre);
    if (!rules)
        return error_set(err, ERROR_UNSUPPORTED,
                         "the pre-tokenizer \"%s\" is not known here; use a model with a known one "
                         "(gpt-2, llama-bpe, qwen2, deepseek-coder, starcoder, …)",
                         pre);
#ifdef AERIE_HAVE_PCRE2
    self->pretokenizer = pretokenizer_create(rules, err);
    if (!self->pretokenizer) return false;
#endif
    find_bytes(self);
    if (!read_merges(self, source, err)) return false;
    return !rules->whole_words || index_words(self, err);
}

void bpe_free(struct bpe *self) {
    pretokenizer_free(self->pretokenizer);
    merge_table_free(&self->merges);
    token_index_free(&self->words);
    *self = (struct bpe){0};
}

/* ---- encoding ------------------------------------------------------------------------------- */

struct encoding {
    const struct bpe *bpe;
    struct token_list *out;
    struct token_list symbols; /* of the word at hand */
    struct merge_scratch scratch;
};

static bool encode_word(void *user, const char *word, size_t length, struct error *err) {
    struct encoding *self = user;
    const struct bpe *bpe = self->bpe;
    if (bpe->words.n_used > 0) {
        int32_t id = token_index_find(&bpe->words, (struct text_view){word, length});
        if (id >= 0) return token_list_push(self->out, id, err);
    }

    self->symbols.length = 0;
    for (size_t i = 0; i < length; i++)
        if (!token_list_push(&self->symbols, bpe->bytes[(uint8_t)word[i]], err)) return false;
    size_t n = length;
    if (!merge_symbols(&bpe->merges, &self->scratch, self->symbols.ids, &n, err)) return false;
    for (size_t i = 0; i < n; i++)
        if (self->symbols.ids[i] >= 0 && !token_list_push(self->out, self->symbols.ids[i], err))
            return false;
    return true;
}

bool bpe_encode(const struct bpe *self, const char *text, size_t length, struct token_list *out,
                struct error *err) {
    if (length == 0) return true;
    struct encoding encoding = {.bpe = self, .out = out};
    bool ok = pretokenizer_split(self->pretokenizer, text, length, encode_word, &encoding, err);
    token_list_free(&encoding.symbols);
    merge_scratch_free(&encoding.scratch);
    return ok;
}
