#include "engine/tokenizer/special_tokens.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b) {
    const struct special_token *left = a, *right = b;
    size_t common = left->text.length < right->text.length ? left->text.length : right->text.length;
    int order = memcmp(left->text.bytes, right->text.bytes, common);
    if (order != 0) return order;
    if (left->text.length != right->text.length)
        return left->text.length < right->text.length ? -1 : 1;
    return (left->id > right->id) - (left->id < right->id);
}

static bool belongs(const struct vocabulary *vocabulary, uint32_t id, bool with_control) {
    if (vocabulary->spellings[id].length == 0) return false;
    uint8_t kind = vocabulary->kinds[id];
    return kind == TOKEN_USER_DEFINED ||
           (with_control && (kind == TOKEN_CONTROL || kind == TOKEN_UNKNOWN));
}

bool special_tokens_init(struct special_tokens *self, const struct vocabulary *vocabulary,
                         bool with_control, struct error *err) {
    uint32_t n = 0;
    for (uint32_t id = 0; id < vocabulary->size; id++)
        n += belongs(vocabulary, id, with_control);
    if (n == 0) return true;
    self->tokens = calloc(n, sizeof *self->tokens);
    if (!self->tokens)
        return error_set(err, ERROR_MEMORY, "no memory for %lu special tokens", (unsigned long)n);
    for (uint32_t id = 0; id < vocabulary->size; id++)
        if (belongs(vocabulary, id, with_control))
            self->tokens[self->n_tokens++] =
                (struct special_token){vocabulary->spellings[id], (int32_t)id};
    qsort(self->tokens, n, sizeof *self->tokens, compare);

    for (uint32_t byte = 0, at = 0; byte <= 256; byte++) {
        while (at < n && (uint8_t)self->tokens[at].text.bytes[0] < byte)
            at++;
        self->first[byte] = at;
    }
    return true;
}

void special_tokens_free(struct special_tokens *self) {
    free(self->tokens);
    *self = (struct special_tokens){0};
}

/* The first of tokens[low, high), all longer than `depth`, whose byte there is `byte` or more. */
static uint32_t lower_bound(const struct special_tokens *self, uint32_t low, uint32_t high,
                            size_t depth, unsigned byte) {
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if ((uint8_t)self->tokens[middle].text.bytes[depth] < byte)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct special_match longest_at(const struct special_tokens *self, const char *text,
                                       size_t length) {
    struct special_match match = {0};
    unsigned byte = (uint8_t)text[0];
    uint32_t low = self->first[byte], high = self->first[byte + 1];
    for (size_t depth = 1; low < high; depth++) {
        /* The shortest of the range comes first: those of exactly this length are whole. */
        if (self->tokens[low].text.length == depth) {
            match = (struct special_match){.length = depth, .id = self->tokens[low].id};
            while (low < high && self->tokens[low].text.length == depth)
                low++;
        }
        if (depth == length) break;
        byte = (uint8_t)text[depth];
        low = lower_bound(self, low, high, depth, byte);
        high = lower_bound(self, low, high, depth, byte + 1);
    }
    return match;
}

struct special_match special_tokens_find(const struct special_tokens *self, const char *text,
                                         size_t length) {
    if (self->n_tokens == 0) return (struct special_match){0};
    for (size_t at = 0; at < length; at++) {
        unsigned byte = (uint8_t)text[at];
        if (self->first[byte] == self->first[byte + 1]) continue;
        struct special_match match = longest_at(self, text + at, length - at);
        if (match.length > 0) {
            match.start = at;
            return match;
        }
    }
    return (struct special_match){0};
}
