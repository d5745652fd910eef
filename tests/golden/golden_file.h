/* Reads the files that make_golden.py writes. Everything is little-endian and packed.
 *
 * tiny.golden: "TINYGOLD", u32 version, u32 entries; an entry is
 *     char shape[24], char type[8]   what make_random_model was asked for
 *     u64 hash                       of that model's bytes (golden_hash)
 *     u32 n_tokens, n_positions, n_vocab
 *     i32 tokens[n_tokens], i32 positions[n_positions]
 *     f32 logits[n_positions][n_vocab]
 *
 * smollm2.golden: "TEXTGOLD", u32 version
 *     u32 n_vocab, n_text, n_fixed, n_top, n_greedy
 *     f64 perplexity                 of tokens 1 .. n_text-1 given those before
 *     i32 tokens[n_text], i32 fixed[n_fixed]
 *     f32 logsumexp[n_text]
 *     f32 fixed_logits[n_text][n_fixed]
 *     i32 top_ids[n_text][n_top], f32 top_logits[n_text][n_top]
 *     u32 n_prompts; a prompt is
 *         u32 n_bytes, n_tokens, char text[n_bytes]
 *         i32 tokens[n_tokens], i32 continuation[n_greedy]
 *         f32 margins[n_greedy]      the best logit over the second best */
#ifndef AERIE_TESTS_GOLDEN_GOLDEN_FILE_H
#define AERIE_TESTS_GOLDEN_GOLDEN_FILE_H

#include <stddef.h>
#include <stdint.h>

struct golden_file {
    uint8_t *bytes;
    size_t length, at;
};

/* Opens tests/golden/NAME and steps over magic and version. Fails the test if that cannot be. */
void golden_open(struct golden_file *self, const char *name, const char *magic);
void golden_close(struct golden_file *self);

/* The next n bytes, inside the file. Fails the test if there are fewer. */
const void *golden_take(struct golden_file *self, size_t n);
uint32_t golden_u32(struct golden_file *self);
uint64_t golden_u64(struct golden_file *self);
double golden_f64(struct golden_file *self);

/* The next n numbers, malloc'ed. */
int32_t *golden_ints(struct golden_file *self, size_t n);
float *golden_floats(struct golden_file *self, size_t n);

/* FNV-1a over whole words of 8 bytes. */
uint64_t golden_hash(const void *bytes, size_t n);

#endif
