/* Text and vocabularies from outside.
 *
 * Byte 0 chooses: bit 0 the family, bit 1 whether the vocabulary itself is hostile, the rest the
 * pre-tokenizer. Byte 1 is the flags of tokenizer_encode. What follows is the text; for a hostile
 * vocabulary its first half is made into tokens, merges, kinds and ids. */
#include "engine/tokenizer/tokenizer.h"
#include "tests/unit/tokenizer/tiny_vocabulary.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const PRE[] = {
    "gpt-2",        "smollm",         "qwen2",       "llama-bpe",  "falcon",
    "deepseek-llm", "deepseek-coder", "deepseek-v3", "seed-coder", "default",
};
enum { N_PRE = sizeof PRE / sizeof PRE[0] };

static void require(bool condition) {
    if (!condition) abort();
}

/* ---- vocabularies -----------------------------------------------------------------------------
 */

static struct tokenizer *tiny_tokenizer(unsigned choice) {
    /* Made once: compiling patterns would take most of the time. */
    static struct tokenizer *made[N_PRE + 1];
    unsigned which = choice & 1 ? N_PRE : (choice >> 2) % N_PRE;
    if (!made[which]) {
        static struct tiny_vocabulary v;
        if (which == N_PRE)
            tiny_sentencepiece(&v);
        else
            tiny_bpe(&v, PRE[which]);
        made[which] = tokenizer_create(&v.source, NULL);
        require(made[which] != NULL);
    }
    return made[which];
}

struct input {
    const uint8_t *at, *end;
};

static unsigned take(struct input *in) {
    return in->at < in->end ? *in->at++ : 0;
}

/* Up to 15 bytes; now and then none, or a view of nothing. */
static struct text_view take_text(struct input *in) {
    size_t length = take(in) & 15;
    if (length > (size_t)(in->end - in->at)) length = (size_t)(in->end - in->at);
    struct text_view view = {(const char *)in->at, length};
    in->at += length;
    return view;
}

/* -1 most of the time, else anything near the range. */
static int32_t take_id(struct input *in) {
    unsigned byte = take(in);
    return byte < 128 ? -1 : (int32_t)(byte - 128) - 2;
}

static struct tokenizer *hostile_tokenizer(unsigned choice, struct input *in, int32_t *unknown) {
    static struct tiny_vocabulary v;
    if (choice & 1)
        tiny_sentencepiece(&v);
    else
        tiny_bpe(&v, PRE[(choice >> 2) % N_PRE]);
    struct tokenizer_source *s = &v.source;
    unsigned what = take(in);
    if (what & 1) s->n_tokens = take(in); /* fewer tokens than bytes */
    if (what & 2) s->scores = NULL;
    if (what & 4) s->kinds = NULL;
    if (what & 8) {
        s->bos = take_id(in);
        s->eos = take_id(in);
        s->eot = take_id(in);
        s->unknown = take_id(in);
        s->fim_prefix = take_id(in);
        s->fim_suffix = take_id(in);
        s->fim_middle = take_id(in);
    }
    s->add_bos = what & 16;
    s->add_space_prefix = what & 32;
    for (unsigned n = take(in) % 60; n > 0 && in->at < in->end; n--) {
        unsigned kind = take(in);
        uint32_t id = kind & 0x80 && s->n_tokens > 0 ? take(in) % s->n_tokens : s->n_tokens++;
        v.tokens[id] = take_text(in);
        v.kinds[id] = (int32_t)(kind & 7);
        v.scores[id] = (float)(int8_t)take(in);
    }
    while (in->at < in->end && s->n_merges < TINY_MAX_MERGES)
        v.merges[s->n_merges++] = take_text(in);
    *unknown = s->unknown;
    return tokenizer_create(s, NULL);
}

/* ---- what must hold ---------------------------------------------------------------------------
 */

/* `skip` bytes come before the text when it comes back; `lossless`: it does come back. */
static void check(const struct tokenizer *t, unsigned flags, const char *text, size_t length,
                  size_t skip, bool lossless, int32_t unknown) {
    struct token_list list = {0};
    require(tokenizer_encode(t, text, length, flags, &list, NULL));
    size_t at = 0;
    struct utf8_stream stream = {0};
    for (size_t i = 0; i < list.length; i++) {
        require(list.ids[i] >= 0 && (uint32_t)list.ids[i] < tokenizer_size(t));
        /* Plain text never becomes a control token, but for the file's own choice of what stands
         * for the unknown. */
        require(flags & (TOKENIZE_SPECIAL | TOKENIZE_ADD_BOS) || list.ids[i] == unknown ||
                tokenizer_kind(t, list.ids[i]) != TOKEN_CONTROL);
        tokenizer_is_end(t, list.ids[i]);
        struct text_view bytes = tokenizer_bytes(t, list.ids[i]);
        char *out = malloc(3 * bytes.length + 12);
        require(out != NULL);
        require(utf8_stream_feed(&stream, bytes.bytes, bytes.length, out) <= 3 * bytes.length + 12);
        free(out);
        for (size_t j = 0; lossless && j < bytes.length; j++) {
            if (skip > 0) {
                skip--;
                continue;
            }
            require(at < length && bytes.bytes[j] == text[at]);
            at++;
        }
    }
    require(!lossless || at == length);
    token_list_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    unsigned choice = data[0], flags = data[1] & 7;
    const char *text = (const char *)data + 2;
    size_t length = size - 2;
    if (choice & 2) {
        int32_t unknown;
        struct input in = {data + 2, data + 2 + length / 2};
        struct tokenizer *t = hostile_tokenizer(choice, &in, &unknown);
        if (t) check(t, flags, text + length / 2, length - length / 2, 0, false, unknown);
        tokenizer_free(t);
        return 0;
    }
    const struct tokenizer *t = tiny_tokenizer(choice);
    /* Marks that are control tokens vanish, and U+2581 comes back as a blank. */
    bool lossless = !(flags & TOKENIZE_SPECIAL) &&
                    !(choice & 1 && memmem(text, length, "\xE2\x96\x81", 3) != NULL);
    bool prefixed = choice & 1 && !(flags & TOKENIZE_NO_SPACE_PREFIX) && length > 0;
    /* After a user-defined token a blank is put in again. */
    if (choice & 1 && memmem(text, length, "[user]", 6) != NULL) lossless = false;
    check(t, flags, text, length, prefixed ? 1 : 0, lossless, -1);
    return 0;
}
