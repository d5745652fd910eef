#include "lsp/complete/cut_back.h"

#include "lsp/complete/place.h"
#include "lsp/document/syntax.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_CUTS = 32 };

static struct text_point point_at(const char *text, size_t offset) {
    struct text_point point = {0, 0};
    const char *line = text;
    for (const char *c = text; c < text + offset; c++)
        if (*c == '\n') {
            point.row++;
            line = c + 1;
        }
    point.column = (uint32_t)(text + offset - line);
    return point;
}

/* The whole with text[0 .. length) in the middle; `whole` has room for it. Returns its length. */
static size_t assemble(char *whole, struct text_view before, struct text_view text, size_t length,
                       struct text_view after) {
    memcpy(whole, before.bytes, before.length);
    memcpy(whole + before.length, text.bytes, length);
    memcpy(whole + before.length + length, after.bytes, after.length);
    return before.length + length + after.length;
}

/* Errors with all of the text up to `length`; the tree was parsed with `previous` bytes of it,
 * which are still in `whole`. UINT32_MAX where memory is short. */
static unsigned errors_with(struct syntax *syntax, char *whole, struct text_view before,
                            struct text_view text, size_t previous, size_t length,
                            struct text_view after) {
    struct text_edit edit = {.start = before.length + length,
                             .old_end = before.length + previous,
                             .new_end = before.length + length};
    edit.start_point = point_at(whole, edit.start);
    edit.old_end_point = point_at(whole, edit.old_end);
    edit.new_end_point = edit.start_point;
    size_t n = assemble(whole, before, text, length, after);
    syntax_edited(syntax, &edit);
    if (!syntax_parse(syntax, whole, n, NULL, NULL)) return UINT32_MAX;
    return syntax_count_errors(ts_tree_root_node(syntax_tree(syntax)));
}

/* The line the cursor's own is followed by, unless it says little; empty if none. */
static struct text_view next_line(struct text_view after) {
    struct text_view line = {"", 0};
    const char *end = after.bytes + after.length, *at = memchr(after.bytes, '\n', after.length);
    while (at != NULL && place_all_blank(line)) {
        const char *stop = memchr(at + 1, '\n', (size_t)(end - at - 1));
        line = (struct text_view){at + 1, (size_t)((stop != NULL ? stop : end) - at - 1)};
        at = stop;
    }
    return place_is_trivial(line) ? (struct text_view){"", 0} : line;
}

static struct text_view last_line(struct text_view text, size_t length) {
    size_t start = length;
    while (start > 0 && text.bytes[start - 1] != '\n')
        start--;
    return (struct text_view){text.bytes + start, length - start};
}

/* The next shorter end worth a try: before a final ";", else the line before. */
static size_t next_cut(struct text_view text, size_t at) {
    if (at == text.length && text.bytes[at - 1] == ';') return at - 1;
    while (at > 0 && text.bytes[at - 1] != '\n')
        at--;
    while (at > 0 && place_is_blank(text.bytes[at - 1]))
        at--;
    return at;
}

size_t cut_back(const struct grammar *grammar, struct text_view before, struct text_view text,
                struct text_view after) {
    size_t n = before.length + text.length + after.length;
    if (grammar == NULL || text.length == 0 || n > CUT_BACK_MAX_BYTES) return text.length;
    if (next_cut(text, text.length) == 0) return text.length; /* one line: nothing to choose from */
    size_t best = text.length;
    char *whole = malloc(n + 1);
    struct syntax *syntax = syntax_create(grammar, NULL);
    if (whole == NULL || syntax == NULL) goto done;
    assemble(whole, before, text, text.length, after);
    if (!syntax_parse(syntax, whole, n, NULL, NULL)) goto done;
    unsigned fewest = syntax_count_errors(ts_tree_root_node(syntax_tree(syntax)));
    size_t at = text.length;
    /* From the end, so that each parse only takes something away from the one before. */
    struct text_view next = next_line(after);
    for (int i = 0; i < MAX_CUTS && fewest > 0; i++) {
        size_t previous = at;
        at = next_cut(text, at);
        if (at == 0) break;
        unsigned errors = errors_with(syntax, whole, before, text, previous, at, after);
        if (errors >= fewest || place_same(last_line(text, at), next)) continue;
        fewest = errors;
        best = at;
    }
done:
    syntax_free(syntax);
    free(whole);
    return best;
}
