#include "tests/unit/tokenizer/tiny_vocabulary.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static struct text_view keep(struct tiny_vocabulary *self, const char *bytes, size_t length) {
    assert(self->text_used + length <= TINY_TEXT);
    char *copy = self->text + self->text_used;
    memcpy(copy, bytes, length);
    self->text_used += length;
    return (struct text_view){copy, length};
}

void tiny_add_token(struct tiny_vocabulary *self, const char *bytes, size_t length, int32_t kind,
                    float score) {
    uint32_t id = self->source.n_tokens++;
    assert(id < TINY_MAX_TOKENS);
    self->tokens[id] = keep(self, bytes, length);
    self->kinds[id] = kind;
    self->scores[id] = score;
}

void tiny_add_merge(struct tiny_vocabulary *self, const char *merge) {
    assert(self->source.n_merges < TINY_MAX_MERGES);
    self->merges[self->source.n_merges++] = keep(self, merge, strlen(merge));
}

static void begin(struct tiny_vocabulary *self, enum tokenizer_model model) {
    memset(self, 0, sizeof *self);
    self->source = (struct tokenizer_source){
        .model = model,
        .tokens = self->tokens,
        .kinds = self->kinds,
        .merges = self->merges,
        .bos = -1,
        .eos = -1,
        .eot = -1,
        .unknown = -1,
        .fim_prefix = -1,
        .fim_suffix = -1,
        .fim_middle = -1,
    };
}

static void add(struct tiny_vocabulary *self, const char *token, int32_t kind) {
    tiny_add_token(self, token, strlen(token), kind, 0);
}

/* GPT-2's table, written another way than the product does: the bytes that print, then the rest. */
static void add_bytes(struct tiny_vocabulary *self) {
    unsigned next = 0x100;
    for (unsigned byte = 0; byte < 256; byte++) {
        bool prints = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
        unsigned character = prints ? byte : next++;
        char spelling[3] = {(char)character};
        if (character >= 0x80) {
            spelling[0] = (char)(0xC0 + character / 64);
            spelling[1] = (char)(0x80 + character % 64);
        }
        add(self, spelling, TOKEN_NORMAL);
    }
}

void tiny_bpe(struct tiny_vocabulary *self, const char *pre) {
    begin(self, TOKENIZER_BPE);
    self->source.pre = pre;
    add_bytes(self);
    add(self, "th", TOKEN_NORMAL);
    add(self, "the", TOKEN_NORMAL);
    add(self, "\u0120the", TOKEN_NORMAL);
    add(self, "\u010A\u010A", TOKEN_NORMAL);
    add(self, "</", TOKEN_NORMAL);
    add(self, "\u00C3\u00A9", TOKEN_NORMAL);
    add(self, "<|endoftext|>", TOKEN_CONTROL);
    add(self, "</s>", TOKEN_CONTROL);
    add(self, "<tag>", TOKEN_USER_DEFINED);
    add(self, "<tag>>", TOKEN_USER_DEFINED);
    add(self, "<fim_prefix>", TOKEN_NORMAL);
    add(self, "<fim_suffix>", TOKEN_NORMAL);
    add(self, "<fim_middle>", TOKEN_CONTROL);
    tiny_add_merge(self, "t h");
    tiny_add_merge(self, "th e");
    tiny_add_merge(self, "\u0120 the");
    tiny_add_merge(self, "\u010A \u010A");
    tiny_add_merge(self, "< /");
    tiny_add_merge(self, "\u00C3 \u00A9");
    self->source.bos = self->source.eos = TINY_END_OF_TEXT;
    assert(self->source.n_tokens == TINY_BPE_SIZE);
}

void tiny_sentencepiece(struct tiny_vocabulary *self) {
    begin(self, TOKENIZER_SENTENCEPIECE);
    self->source.scores = self->scores;
    self->source.add_space_prefix = true;
    self->source.add_bos = true;
    add(self, "<unk>", TOKEN_UNKNOWN);
    add(self, "<s>", TOKEN_CONTROL);
    add(self, "</s>", TOKEN_CONTROL);
    for (unsigned byte = 0; byte < 256; byte++) {
        char spelling[8];
        snprintf(spelling, sizeof spelling, "<0x%02X>", byte);
        add(self, spelling, TOKEN_BYTE);
    }
    tiny_add_token(self, "\u2581", 3, TOKEN_NORMAL, -10);
    tiny_add_token(self, "a", 1, TOKEN_NORMAL, -11);
    tiny_add_token(self, "b", 1, TOKEN_NORMAL, -12);
    tiny_add_token(self, "c", 1, TOKEN_NORMAL, -13);
    tiny_add_token(self, "ab", 2, TOKEN_NORMAL, -5);
    tiny_add_token(self, "bc", 2, TOKEN_NORMAL, -4);
    tiny_add_token(self, "abc", 3, TOKEN_NORMAL, -6);
    tiny_add_token(self, "\u2581a", 4, TOKEN_NORMAL, -9);
    tiny_add_token(self, "\u2581\u2581", 6, TOKEN_NORMAL, -8);
    tiny_add_token(self, "[user]", 6, TOKEN_USER_DEFINED, 0);
    self->source.unknown = 0;
    self->source.bos = 1;
    self->source.eos = 2;
    assert(self->source.n_tokens == TINY_SP_SIZE);
}
