#include "lsp/complete/scope.h"

#include <string.h>

/* Opening minus closing brackets. */
static int balance(struct text_view text) {
    int depth = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (memchr("([{", text.bytes[i], 3) != NULL) depth++;
        if (memchr(")]}", text.bytes[i], 3) != NULL) depth--;
    }
    return depth;
}

static bool is_closing(struct text_view line) {
    struct text_view inside = place_strip(line);
    return inside.length > 0 && place_is_trivial(inside) && balance(inside) < 0;
}

/* What a line of the completion means for its end. */
enum verdict { GOES_ON, ENDS_BEFORE, ENDS_AFTER };

enum { MAX_BLANK_LINES = 2 }; /* before the first one with something on it */

struct block {
    size_t base;           /* a line indented less is outside */
    size_t opener;         /* MODE_BODY: indentation of the line that opened the block */
    bool may_close;        /* a closing line is missing after the cursor */
    int depth;             /* brackets opened by the completion's lines so far */
    unsigned n_lines;      /* with something on them */
    unsigned n_blank;      /* blank ones before those */
    struct text_view last; /* the line before, with something on it */
};

/* A bracket on its own repeats only the one in the same column. */
static bool repeats_next(const struct place *place, struct text_view line, size_t indent) {
    return place_same(line, place->next) &&
           (!place_is_trivial(line) || indent == place_indent(place->next));
}

static enum verdict judge_line(struct block *self, const struct place *place,
                               struct text_view line) {
    if (place_all_blank(line)) {
        if (self->n_lines == 0) return ++self->n_blank <= MAX_BLANK_LINES ? GOES_ON : ENDS_BEFORE;
        return self->depth > 0 ? GOES_ON : ENDS_BEFORE;
    }
    size_t indent = place_indent(line);
    bool outside = indent < self->base && self->depth <= 0;
    if (self->depth <= 0 && repeats_next(place, line, indent)) return ENDS_BEFORE;
    if (outside)
        return self->may_close && self->n_lines > 0 && is_closing(line) ? ENDS_AFTER : ENDS_BEFORE;
    if (self->n_lines > 0 && !place_is_trivial(line) && place_same(line, self->last))
        return ENDS_BEFORE;
    if (self->n_lines >= MODE_MAX_LINES) return ENDS_BEFORE;
    self->n_lines++;
    self->depth += balance(line);
    self->last = line;
    return GOES_ON;
}

size_t scope_end(const struct place *place, enum completion_mode mode, const char *text,
                 size_t length, bool whole) {
    if (mode == MODE_LINE) {
        const char *newline = memchr(text, '\n', length);
        return newline != NULL ? (size_t)(newline - text) : length;
    }
    struct block block = {0};
    size_t start = 0;
    if (mode == MODE_BODY) {
        /* What comes on the opener's own line is its business. */
        const char *newline = memchr(text, '\n', length);
        if (newline == NULL) return length;
        struct text_view first = {text, (size_t)(newline - text)};
        if (!place_all_blank(first)) return first.length;
        start = first.length + 1;
        block.opener = place_indent(place->before);
        block.base = block.opener + 1;
        struct text_view opened = place_strip(place->before);
        bool closed = is_closing(place->next) && place_indent(place->next) == block.opener;
        block.may_close = !closed && memchr("{([", opened.bytes[opened.length - 1], 3) != NULL;
    } else {
        block.may_close = place->last;
        /* The first line's indentation is the cursor's column and what the model adds. */
        struct text_view first = {text, length};
        block.base = place_indent(place->before);
        if (place->before.length == 0) block.base = place_indent(first);
    }

    for (size_t end; start < length; start = end + 1) {
        const char *newline = memchr(text + start, '\n', length - start);
        end = newline != NULL ? (size_t)(newline - text) : length;
        bool complete = newline != NULL || whole;
        struct text_view line = {text + start, end - start};
        /* The first line stands behind what the cursor's line has before it; only its text counts.
         */
        bool first = start == 0 && mode == MODE_LINES;
        if (!complete && (first || place_all_blank(line))) return length;
        if (!complete && place_indent(line) >= block.base) return length;
        if (!complete && block.may_close && place_is_trivial(line)) return length;
        enum verdict verdict;
        if (first && !place_all_blank(line)) {
            if (repeats_next(place, line, place_indent(place->before))) return 0;
            block.n_lines = 1;
            block.depth = balance(line);
            block.last = line;
            verdict = GOES_ON;
        } else if (first && place->before.length > 0) {
            return 0; /* it would leave blanks on a line of their own */
        } else {
            verdict = judge_line(&block, place, line);
        }
        if (verdict == ENDS_BEFORE) return start > 0 ? start - 1 : 0;
        if (verdict == ENDS_AFTER) return end;
    }
    return length;
}
