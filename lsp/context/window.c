#include "lsp/context/window.h"

#include "lsp/document/utf8.h"

#include <stdbool.h>

static bool begins_line(const char *text, size_t length, size_t at) {
    if (at == 0 || text[at - 1] == '\n') return true;
    return text[at - 1] == '\r' && !(at < length && text[at] == '\n');
}

size_t window_before(const char *text, size_t offset, size_t max_bytes, size_t step) {
    if (offset <= max_bytes) return 0;
    size_t excess = offset - max_bytes;
    size_t edge = (excess + step - 1) / step * step;
    if (edge > offset) edge = excess; /* a window smaller than one step */
    for (size_t at = edge; at < offset; at++)
        if (begins_line(text, offset, at)) return at;
    size_t floor = utf8_floor(text, offset, edge); /* all one line */
    if (floor == edge) return edge;
    return floor + utf8_length(text + floor, offset - floor, NULL);
}

size_t window_after(const char *text, size_t length, size_t offset, size_t max_bytes) {
    if (length - offset <= max_bytes) return length;
    size_t edge = offset + max_bytes;
    for (size_t at = edge; at > offset; at--)
        if (begins_line(text, length, at)) return at;
    size_t floor = utf8_floor(text, length, edge);
    return floor < offset ? offset : floor;
}
