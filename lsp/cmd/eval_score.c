#include "lsp/cmd/eval_score.h"

#include "lsp/document/syntax.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LINE = 1000 };

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct text_view strip(const char *start, const char *end) {
    while (start < end && is_blank(*start))
        start++;
    while (end > start && is_blank(end[-1]))
        end--;
    return (struct text_view){start, (size_t)(end - start)};
}

struct text_view score_first_line(const char *text, size_t length) {
    const char *end = text + length;
    while (text < end && is_blank(*text))
        text++;
    const char *stop = memchr(text, '\n', (size_t)(end - text));
    return strip(text, stop == NULL ? end : stop);
}

static struct text_view last_line(const char *text, size_t length) {
    struct text_view rest = strip(text, text + length);
    const char *start = rest.bytes + rest.length;
    while (start > rest.bytes && start[-1] != '\n')
        start--;
    return strip(start, rest.bytes + rest.length);
}

double score_edit_similarity(struct text_view a, struct text_view b) {
    if (a.length > MAX_LINE) a.length = MAX_LINE;
    if (b.length > MAX_LINE) b.length = MAX_LINE;
    size_t longest = a.length > b.length ? a.length : b.length;
    if (longest == 0) return 1;
    uint16_t row[MAX_LINE + 1];
    for (size_t j = 0; j <= b.length; j++)
        row[j] = (uint16_t)j;
    for (size_t i = 1; i <= a.length; i++) {
        uint16_t diagonal = row[0];
        row[0] = (uint16_t)i;
        for (size_t j = 1; j <= b.length; j++) {
            uint16_t best = (uint16_t)(diagonal + (a.bytes[i - 1] != b.bytes[j - 1]));
            if (row[j] + 1 < best) best = (uint16_t)(row[j] + 1);
            if (row[j - 1] + 1 < best) best = (uint16_t)(row[j - 1] + 1);
            diagonal = row[j];
            row[j] = best;
        }
    }
    return 1 - (double)row[b.length] / (double)longest;
}

bool score_repeats_suffix(const char *answer, size_t answer_length, const char *suffix,
                          size_t suffix_length) {
    struct text_view said = last_line(answer, answer_length);
    /* What follows on the cursor's own line is not a line that could be repeated. */
    const char *newline = memchr(suffix, '\n', suffix_length);
    if (newline == NULL) return false;
    struct text_view next = score_first_line(newline, suffix_length - (size_t)(newline - suffix));
    return said.length > 1 && said.length == next.length &&
           memcmp(said.bytes, next.bytes, said.length) == 0;
}

unsigned score_parse_errors(const char *language_id, struct text_view before,
                            struct text_view middle, struct text_view after) {
    const struct grammar *grammar = grammar_for_language_id(language_id);
    size_t length = before.length + middle.length + after.length;
    if (grammar == NULL) return 0;
    char *text = malloc(length + 1);
    if (text == NULL) return 0;
    memcpy(text, before.bytes, before.length);
    memcpy(text + before.length, middle.bytes, middle.length);
    memcpy(text + before.length + middle.length, after.bytes, after.length);
    TSTree *tree = syntax_parse_whole(grammar, text, length, NULL);
    unsigned count = 0;
    if (tree != NULL) {
        count = syntax_count_errors(ts_tree_root_node(tree));
        ts_tree_delete(tree);
    }
    free(text);
    return count;
}
