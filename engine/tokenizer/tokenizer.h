/* Text to tokens and back.
 *
 * Two families: byte-level BPE (GPT-2: Radford et al. 2019), where a regular expression cuts the
 * text into words and merge ranks join bytes inside a word; and the SentencePiece-style BPE of
 * LLaMA, where scores join characters, blanks are written U+2581, and bytes that no token covers
 * become <0xNN> tokens.
 *
 * A tokenizer is immutable once made and may be used from several threads at once. */
#ifndef AERIE_ENGINE_TOKENIZER_TOKENIZER_H
#define AERIE_ENGINE_TOKENIZER_TOKENIZER_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct tokenizer;

/* ---- making one --------------------------------------------------------------------------- */

enum tokenizer_model {
    TOKENIZER_BPE,           /* tokenizer.ggml.model "gpt2" */
    TOKENIZER_SENTENCEPIECE, /* "llama" */
};

/* tokenizer.ggml.token_type of a GGUF. */
enum token_kind {
    TOKEN_NORMAL = 1,
    TOKEN_UNKNOWN = 2,
    TOKEN_CONTROL = 3,      /* never text: <s>, </s>, <|fim_prefix|> */
    TOKEN_USER_DEFINED = 4, /* matched in text before everything else, as one piece */
    TOKEN_UNUSED = 5,
    TOKEN_BYTE = 6, /* <0x00> … <0xFF> of a SentencePiece vocabulary */
};

/* A string that lies in somebody else's memory (a mapped file), not 0-terminated. */
struct text_view {
    const char *bytes;
    size_t length;
};

/* Everything a vocabulary file says. The caller's memory is read only during tokenizer_create. Any
 * of it may come from a hostile file. */
struct tokenizer_source {
    enum tokenizer_model model;
    const char *pre; /* name of the pre-tokenizer (BPE): "gpt-2", "smollm", …; NULL for "gpt-2" */
    const struct text_view *tokens; /* [n_tokens]; those of BPE in GPT-2's spelling of bytes */
    uint32_t n_tokens;
    const float *scores;            /* [n_tokens] (SentencePiece), else NULL */
    const int32_t *kinds;           /* [n_tokens] of enum token_kind, or NULL: all normal */
    const struct text_view *merges; /* [n_merges], "left right" by falling priority (BPE) */
    uint32_t n_merges;
    /* Ids, -1 where there is none; then fill-in-the-middle marks go by their well-known names. */
    int32_t bos, eos, eot, unknown;
    int32_t fim_prefix, fim_suffix, fim_middle;
    bool add_bos;          /* does TOKENIZE_ADD_BOS put the bos token first? */
    bool add_space_prefix; /* SentencePiece: a blank before the text */
};

/* NULL on failure: ERROR_FORMAT (an inconsistent vocabulary), ERROR_UNSUPPORTED (unknown
 * pre-tokenizer), ERROR_MEMORY.
 *
 * Where a spelling comes twice the lower id is the one found. Merges that name unknown tokens are
 * left out. Tokens well known as ends of text or as fill-in-the-middle marks become control tokens
 * even where the file calls them ordinary ones. */
struct tokenizer *tokenizer_create(const struct tokenizer_source *source, struct error *err);
void tokenizer_free(struct tokenizer *self); /* NULL is fine */

/* ---- text to tokens ------------------------------------------------------------------------- */

enum tokenize_flags {
    TOKENIZE_PLAIN = 0,        /* user text: "</s>" in an HTML file is three ordinary tokens */
    TOKENIZE_SPECIAL = 1 << 0, /* control tokens written out in the text become those tokens */
    TOKENIZE_ADD_BOS = 1 << 1, /* the bos token first, for models that want one */
    TOKENIZE_NO_SPACE_PREFIX = 1 << 2, /* SentencePiece: a continuation, no blank put before it */
};

/* A growable list of ids. Start from {0}; free .ids with token_list_free. */
struct token_list {
    int32_t *ids;
    size_t length, capacity;
};
void token_list_free(struct token_list *self);
bool token_list_push(struct token_list *self, int32_t id, struct error *err); /* ERROR_MEMORY */

/* Appends the tokens of text to `out`. Text is UTF-8; bytes that are not are encoded too (no
 * failure, no loss: detokenising gives the same bytes back for vocabularies that have a token for
 * every byte; a byte without one is left out, or the unknown token of a SentencePiece vocabulary).
 * Time is near linear in length. False on failure, `out` as it was before: ERROR_MEMORY,
 * ERROR_UNSUPPORTED (a byte-level vocabulary in a build without PCRE2). */
bool tokenizer_encode(const struct tokenizer *self, const char *text, size_t length, unsigned flags,
                      struct token_list *out, struct error *err);

/* ---- tokens to text ------------------------------------------------------------------------- */

/* The bytes a token stands for in running text, possibly part of a character; empty for control
 * tokens and ids out of range. Lives as long as the tokenizer. */
struct text_view tokenizer_bytes(const struct tokenizer *self, int32_t id);

/* The token as the vocabulary names it, "<|endoftext|>", "Ġreturn"; for people. */
struct text_view tokenizer_spelling(const struct tokenizer *self, int32_t id);

/* Holds back bytes until they are a whole character. Start from {0}. */
struct utf8_stream {
    char pending[4];
    uint8_t n_pending;
};

/* Feeds bytes in and writes whole characters to out (at least length + 4 bytes big); returns how
 * many bytes it wrote. Bytes that can never become UTF-8 come out as U+FFFD, so out must hold
 * 3 * length + 12 bytes. With length 0 (end of text) what is pending is given up as U+FFFD. */
size_t utf8_stream_feed(struct utf8_stream *self, const char *bytes, size_t length, char *out);

/* ---- what it knows --------------------------------------------------------------------------- */

uint32_t tokenizer_size(const struct tokenizer *self);
enum token_kind tokenizer_kind(const struct tokenizer *self, int32_t id);
int32_t tokenizer_bos(const struct tokenizer *self); /* -1: none; likewise below */
int32_t tokenizer_eos(const struct tokenizer *self);
bool tokenizer_adds_bos(const struct tokenizer *self);
/* Did a blank come before the text when it was encoded (SentencePiece)? Then the first token of a
 * whole text detokenises with one blank too many. */
bool tokenizer_adds_space_prefix(const struct tokenizer *self);
/* Does this token end a text (eos, end of turn, end of file, …)? */
bool tokenizer_is_end(const struct tokenizer *self, int32_t id);
int32_t tokenizer_fim_prefix(const struct tokenizer *self);
int32_t tokenizer_fim_suffix(const struct tokenizer *self);
int32_t tokenizer_fim_middle(const struct tokenizer *self);
/* The id whose spelling is exactly this, or -1. */
int32_t tokenizer_find(const struct tokenizer *self, const char *spelling, size_t length);

#endif
