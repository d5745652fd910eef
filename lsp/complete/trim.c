#include "lsp/complete/trim.h"

#include "lsp/complete/overlap.h"
#include "lsp/complete/scope.h"
#include "lsp/document/utf8.h"

#include <stdlib.h>
#include <string.h>

/* Up to the first byte that does not belong into source code. */
static size_t clean_end(const char *text, size_t length) {
    for (size_t i = 0; i < length;) {
        bool valid;
        size_t n = utf8_length(text + i, length - i, &valid);
        if (!valid || (n == 3 && memcmp(text + i, "\xef\xbf\xbd", 3) == 0)) return i;
        unsigned char c = (unsigned char)text[i];
        if (n == 1 && c != '\t' && c != '\n' && (c < ' ' || c == 0x7f)) return i;
        i += n;
    }
    return length;
}

size_t trim_end(const struct place *place, enum completion_mode mode, const char *text,
                size_t length, bool whole) {
    size_t end = clean_end(text, length);
    bool ended = whole || end < length;
    size_t scope = scope_end(place, mode, text, end, ended);
    ended = ended || scope < end;
    return overlap_find(place, text, scope, ended);
}

/* The cursor's line as it would be, compared with its neighbours. */
static const char *repeats_neighbour(const struct place *place, struct text_view completion,
                                     const char **reason) {
    const char *newline = memchr(completion.bytes, '\n', completion.length);
    size_t first = newline != NULL ? (size_t)(newline - completion.bytes) : completion.length;
    char *line = malloc(place->before.length + first + 1);
    if (line == NULL) return NULL;
    memcpy(line, place->before.bytes, place->before.length);
    memcpy(line + place->before.length, completion.bytes, first);
    struct text_view joined = {line, place->before.length + first};
    *reason = NULL;
    if (!place_is_trivial(joined)) {
        if (place_same(joined, place->next)) *reason = "repeats the next line";
        if (place_same(joined, place->previous)) *reason = "repeats the line before";
    }
    free(line);
    return "";
}

/* \n as the file writes it. */
static char *with_newlines(struct text_view text, const char *newline, size_t *out_length) {
    size_t n_newline = strlen(newline), length = 0;
    for (size_t i = 0; i < text.length; i++)
        length += text.bytes[i] == '\n' ? n_newline : 1;
    char *out = malloc(length + 1);
    if (out == NULL) return NULL;
    size_t at = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] == '\n') {
            memcpy(out + at, newline, n_newline);
            at += n_newline;
        } else {
            out[at++] = text.bytes[i];
        }
    }
    out[length] = '\0';
    *out_length = length;
    return out;
}

char *trim_completion(const struct place *place, enum completion_mode mode, const char *text,
                      size_t length, bool cut, size_t *out_length, const char **reason) {
    *reason = NULL;
    size_t end = trim_end(place, mode, text, length, true);
    if (cut && end == length && mode != MODE_LINE) {
        size_t line = end;
        while (line > 0 && text[line - 1] != '\n')
            line--;
        if (!place_all_blank((struct text_view){text, line})) end = line;
    }
    while (end > 0 && place_is_blank(text[end - 1]))
        end--;
    struct text_view completion = {text, end};
    if (end == 0) {
        *reason = "nothing to add";
        return NULL;
    }
    if (repeats_neighbour(place, completion, reason) == NULL || *reason != NULL) return NULL;
    return with_newlines(completion, place->newline, out_length);
}
