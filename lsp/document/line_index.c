#include "lsp/document/line_index.h"

#include <stdlib.h>
#include <string.h>

static bool begins_line(const char *text, size_t length, size_t p) {
    return text[p - 1] == '\n' || (text[p - 1] == '\r' && !(p < length && text[p] == '\n'));
}

/* Index of the first start that is >= offset. */
static size_t lower_bound(const struct line_index *self, size_t offset) {
    size_t low = 0, high = self->length;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (self->starts[middle] < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void line_index_free(struct line_index *self) {
    free(self->starts);
    *self = (struct line_index){0};
}

bool line_index_reserve(struct line_index *self, const char *text, size_t length,
                        struct error *err) {
    /* Each line ending of the inserted text, and one: the byte before the edit may be a \r whose \n
     * the edit takes away. The very first patch needs room for line 0 too. */
    size_t needed = self->length + 2;
    for (size_t i = 0; i < length; i++)
        needed += text[i] == '\n' || text[i] == '\r';
    if (needed <= self->capacity) return true;

    size_t capacity = self->capacity + self->capacity / 2;
    if (capacity < needed) capacity = needed;
    if (capacity > SIZE_MAX / sizeof *self->starts)
        return error_set(err, ERROR_MEMORY, "too many lines in one document");
    size_t *starts = realloc(self->starts, capacity * sizeof *starts);
    if (starts == NULL)
        return error_set(err, ERROR_MEMORY, "no memory for a document's line index");
    self->starts = starts;
    self->capacity = capacity;
    return true;
}

void line_index_patch(struct line_index *self, const char *text, size_t length, size_t start,
                      size_t old_end, size_t new_end) {
    if (self->length == 0) self->starts[self->length++] = 0;
    size_t first = start > 0 ? start : 1; /* line 0 begins at 0 whatever the text is */

    size_t n_new = 0;
    for (size_t p = first; p <= new_end; p++)
        n_new += begins_line(text, length, p);

    size_t low = lower_bound(self, first), high = lower_bound(self, old_end + 1);
    if (high < low) high = low;
    size_t n_after = self->length - high;
    memmove(self->starts + low + n_new, self->starts + high, n_after * sizeof *self->starts);
    self->length = low + n_new + n_after;

    size_t at = low;
    for (size_t p = first; p <= new_end; p++)
        if (begins_line(text, length, p)) self->starts[at++] = p;
    size_t shift = new_end - old_end; /* modulo 2^N where the text became shorter */
    if (shift != 0)
        for (; at < self->length; at++)
            self->starts[at] += shift;
}

uint32_t line_index_find(const struct line_index *self, size_t offset) {
    size_t after = offset == SIZE_MAX ? self->length : lower_bound(self, offset + 1);
    return (uint32_t)(after - 1);
}

size_t line_index_content_end(const struct line_index *self, const char *text, size_t length,
                              uint32_t line) {
    if ((size_t)line + 1 >= self->length) return length;
    size_t end = self->starts[line + 1] - 1; /* on the \n or the lone \r */
    if (text[end] == '\n' && end > self->starts[line] && text[end - 1] == '\r') end--;
    return end;
}
