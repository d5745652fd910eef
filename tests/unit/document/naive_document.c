#include "naive_document.h"

#include <stdlib.h>
#include <string.h>

/* Writes a code point as UTF-8; returns its length, 0 if there is no such character. */
static size_t encode(uint32_t code, unsigned char out[4]) {
    if (code >= 0xd800 && code <= 0xdfff) return 0;
    if (code < 0x80) {
        out[0] = (unsigned char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (unsigned char)(0xc0 | code >> 6);
        out[1] = (unsigned char)(0x80 | (code & 63));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (unsigned char)(0xe0 | code >> 12);
        out[1] = (unsigned char)(0x80 | (code >> 6 & 63));
        out[2] = (unsigned char)(0x80 | (code & 63));
        return 3;
    }
    if (code > 0x10ffff) return 0;
    out[0] = (unsigned char)(0xf0 | code >> 18);
    out[1] = (unsigned char)(0x80 | (code >> 12 & 63));
    out[2] = (unsigned char)(0x80 | (code >> 6 & 63));
    out[3] = (unsigned char)(0x80 | (code & 63));
    return 4;
}

/* Reads a character by guessing each length and asking whether encoding gives the bytes back. */
static size_t character_bytes(const char *text, size_t left) {
    static const unsigned char lead_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    for (size_t n = 4; n >= 2; n--) {
        if (n > left) continue;
        uint32_t code = (unsigned char)text[0] & lead_mask[n];
        for (size_t i = 1; i < n; i++)
            code = code * 64 + ((unsigned char)text[i] & 63);
        unsigned char bytes[4];
        if (encode(code, bytes) == n && memcmp(bytes, text, n) == 0) return n;
    }
    return 1;
}

static uint32_t units(int unit_bytes, size_t n_bytes) {
    if (unit_bytes == 1) return (uint32_t)n_bytes;
    return unit_bytes == 2 && n_bytes == 4 ? 2 : 1;
}

static struct naive_line next_line(const struct naive_document *self, size_t start) {
    struct naive_line line = {start, start, start};
    while (line.end < self->length && self->text[line.end] != '\n' && self->text[line.end] != '\r')
        line.end++;
    line.next = line.end;
    if (line.end < self->length) line.next++;
    if (line.end + 1 < self->length && memcmp(self->text + line.end, "\r\n", 2) == 0) line.next++;
    return line;
}

size_t naive_n_lines(const struct naive_document *self) {
    size_t n = 1;
    for (struct naive_line line = next_line(self, 0); line.next > line.end; n++)
        line = next_line(self, line.next);
    return n;
}

struct naive_line naive_line_at(const struct naive_document *self, size_t index) {
    struct naive_line line = next_line(self, 0);
    while (index-- > 0)
        line = next_line(self, line.next);
    return line;
}

size_t naive_offset(const struct naive_document *self, int unit_bytes, uint32_t line,
                    uint32_t character) {
    if (line >= naive_n_lines(self)) return self->length;
    struct naive_line at = naive_line_at(self, line);
    uint64_t seen = 0;
    for (size_t i = at.start; i < at.end;) {
        size_t n = character_bytes(self->text + i, at.end - i);
        seen += units(unit_bytes, n);
        if (seen > character) return i;
        i += n;
    }
    return at.end;
}

void naive_position(const struct naive_document *self, int unit_bytes, size_t offset,
                    uint32_t *line, uint32_t *character) {
    if (offset > self->length) offset = self->length;
    size_t n_lines = naive_n_lines(self), index = 0;
    while (index + 1 < n_lines && naive_line_at(self, index + 1).start <= offset)
        index++;
    struct naive_line at = naive_line_at(self, index);
    *line = (uint32_t)index;
    *character = 0;
    for (size_t i = at.start; i < at.end;) {
        size_t n = character_bytes(self->text + i, at.end - i);
        if (i + n > offset) break;
        *character += units(unit_bytes, n);
        i += n;
    }
}

void naive_replace(struct naive_document *self, size_t start, size_t end, const char *text,
                   size_t length) {
    if (start > end) {
        naive_replace(self, end, start, text, length);
        return;
    }
    char *joined = malloc(self->length + length + 1);
    if (joined == NULL) abort();
    memcpy(joined, self->text, start);
    memcpy(joined + start, text, length);
    memcpy(joined + start + length, self->text + end, self->length - end);
    self->length = start + length + (self->length - end);
    free(self->text);
    self->text = joined;
}
