#include "tests/support/random_vocabulary.h"

#include <string.h>

/* By falling priority. \304\240 is U+0120, GPT-2's spelling of a blank. */
static const char *const merges[VOCABULARY_MERGED][2] = {
    {"\304\240", "\304\240"},
    {"\304\240\304\240", "\304\240\304\240"},
    {"i", "n"},
    {"e", "r"},
    {"r", "e"},
    {"t", "u"},
    {"tu", "r"},
    {"re", "tur"},
    {"retur", "n"},
    {"\304\240", "return"},
    {"i", "f"},
    {"\304\240", "="},
};

static const char *const controls[] = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
static const char *const fim_tokens[] = {"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"};

static bool is_printable(unsigned byte) {
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

/* GPT-2 writes printable bytes as themselves and the others as U+0100, U+0101, … All of them come
 * before U+0800. */
static void put_byte_token(struct gguf_writer *w, uint32_t code_point) {
    char text[3] = {0};
    if (code_point < 0x80) {
        text[0] = (char)code_point;
    } else {
        text[0] = (char)(0xc0 | code_point >> 6);
        text[1] = (char)(0x80 | (code_point & 0x3f));
    }
    gguf_put_text(w, text);
}

static void put_tokens(struct gguf_writer *w, uint32_t n_vocab, bool fim) {
    char text[64];
    gguf_put_key_array(w, "tokenizer.ggml.tokens", GGUF_STRING, n_vocab);
    for (unsigned byte = 0; byte < 256; byte++)
        if (is_printable(byte)) put_byte_token(w, byte);
    for (unsigned byte = 0, next = 0x100; byte < 256; byte++)
        if (!is_printable(byte)) put_byte_token(w, next++);
    for (unsigned m = 0; m < VOCABULARY_MERGED; m++) {
        snprintf(text, sizeof text, "%s%s", merges[m][0], merges[m][1]);
        gguf_put_text(w, text);
    }
    for (unsigned c = 0; c < 3; c++)
        gguf_put_text(w, controls[c]);
    uint32_t id = VOCABULARY_FIM_PREFIX;
    for (unsigned f = 0; fim && f < 3; f++, id++)
        gguf_put_text(w, fim_tokens[f]);
    for (; id < n_vocab; id++) {
        snprintf(text, sizeof text, "<|unused_%u|>", (unsigned)id);
        gguf_put_text(w, text);
    }
}

static void put_kinds(struct gguf_writer *w, uint32_t n_vocab, bool fim) {
    uint32_t first_unused = fim ? VOCABULARY_FIM_MIDDLE + 1 : VOCABULARY_FIM_PREFIX;
    gguf_put_key_array(w, "tokenizer.ggml.token_type", GGUF_INT32, n_vocab);
    for (uint32_t id = 0; id < n_vocab; id++)
        gguf_put_u32(w, id < VOCABULARY_END ? TOKEN_NORMAL
                        : id < first_unused ? TOKEN_CONTROL
                                            : TOKEN_UNUSED);
}

static void put_merges(struct gguf_writer *w) {
    char text[64];
    gguf_put_key_array(w, "tokenizer.ggml.merges", GGUF_STRING, VOCABULARY_MERGED);
    for (unsigned m = 0; m < VOCABULARY_MERGED; m++) {
        snprintf(text, sizeof text, "%s %s", merges[m][0], merges[m][1]);
        gguf_put_text(w, text);
    }
}

unsigned random_vocabulary_keys(bool fim) {
    return fim ? 11 : 8;
}

void random_vocabulary_put(struct gguf_writer *w, uint32_t n_vocab, bool fim) {
    gguf_put_key_text(w, "tokenizer.ggml.model", "gpt2");
    gguf_put_key_text(w, "tokenizer.ggml.pre", "gpt-2");
    put_tokens(w, n_vocab, fim);
    put_kinds(w, n_vocab, fim);
    put_merges(w);
    gguf_put_key_u32(w, "tokenizer.ggml.bos_token_id", VOCABULARY_END);
    gguf_put_key_u32(w, "tokenizer.ggml.eos_token_id", VOCABULARY_END);
    gguf_put_key_bool(w, "tokenizer.ggml.add_bos_token", false);
    if (!fim) return;
    gguf_put_key_u32(w, "tokenizer.ggml.fim_pre_token_id", VOCABULARY_FIM_PREFIX);
    gguf_put_key_u32(w, "tokenizer.ggml.fim_suf_token_id", VOCABULARY_FIM_SUFFIX);
    gguf_put_key_u32(w, "tokenizer.ggml.fim_mid_token_id", VOCABULARY_FIM_MIDDLE);
}
