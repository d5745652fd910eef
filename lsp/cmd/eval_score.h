/* How good an offered text is, against the one that really stood there.
 *
 * Both are judged by their first line that is not blank, without blanks around it: the measure of
 * single-line infilling (Fried et al. 2023; Bavarian et al. 2022). */
#ifndef AERIE_LSP_CMD_EVAL_SCORE_H
#define AERIE_LSP_CMD_EVAL_SCORE_H

#include "engine/tokenizer/tokenizer.h" /* struct text_view */

#include <stdbool.h>

/* The first line with anything but blanks on it, stripped; empty if there is none. */
struct text_view score_first_line(const char *text, size_t length);

/* 1 - Levenshtein(a, b) / max(|a|, |b|) in bytes; 1 for two empty texts. Lines are cut to their
 * first 1000 bytes. */
double score_edit_similarity(struct text_view a, struct text_view b);

/* Does the answer's last line that is not blank say what the suffix's first such line says already?
 * Lines with fewer than two characters ("}") do not count: a block may well end twice. */
bool score_repeats_suffix(const char *answer, size_t answer_length, const char *suffix,
                          size_t suffix_length);

/* ERROR and MISSING nodes in the syntax tree of before + middle + after. 0 where no grammar knows
 * the language, the text is too long for a tree or memory runs out. */
unsigned score_parse_errors(const char *language_id, struct text_view before,
                            struct text_view middle, struct text_view after);

#endif
