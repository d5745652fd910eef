#include "lsp/complete/place.h"

#include <string.h>

enum { TAB_WIDTH = 4 };

static bool is_newline(char byte) {
    return byte == '\n' || byte == '\r';
}

bool place_is_word(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || (unsigned char)byte >= 0x80;
}

bool place_is_blank(char byte) {
    return byte == ' ' || byte == '\t' || is_newline(byte);
}

struct text_view place_strip(struct text_view text) {
    while (text.length > 0 && place_is_blank(text.bytes[text.length - 1]))
        text.length--;
    while (text.length > 0 && place_is_blank(text.bytes[0])) {
        text.bytes++;
        text.length--;
    }
    return text;
}

bool place_all_blank(struct text_view text) {
    return place_strip(text).length == 0;
}

bool place_same(struct text_view a, struct text_view b) {
    a = place_strip(a);
    b = place_strip(b);
    return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

size_t place_indent(struct text_view line) {
    size_t columns = 0;
    for (size_t i = 0; i < line.length; i++) {
        if (line.bytes[i] == ' ')
            columns++;
        else if (line.bytes[i] == '\t')
            columns = (columns / TAB_WIDTH + 1) * TAB_WIDTH;
        else
            break;
    }
    return columns;
}

bool place_is_trivial(struct text_view line) {
    enum { SHORT_WORD = 4 };
    size_t n_other = 0;
    line = place_strip(line);
    for (size_t i = 0; i < line.length; i++)
        n_other += memchr("(){}[];,", line.bytes[i], 8) == NULL;
    return n_other == 0 || line.length <= SHORT_WORD;
}

/* The line that ends at `end`: goes up from its content's end over lines with nothing on them. */
static struct text_view line_before(const char *text, size_t end) {
    while (end > 0 && place_is_blank(text[end - 1]))
        end--;
    size_t start = end;
    while (start > 0 && !is_newline(text[start - 1]))
        start--;
    return (struct text_view){text + start, end - start};
}

static struct text_view line_after(const char *text, size_t length, size_t start) {
    size_t at = start;
    while (at < length && place_is_blank(text[at])) {
        if (is_newline(text[at])) start = at + 1;
        at++;
    }
    size_t end = at;
    while (end < length && !is_newline(text[end]))
        end++;
    if (at == length) start = end;
    return (struct text_view){text + start, end - start};
}

/* The line ending nearest to the cursor, looking up first. */
static const char *newline_of(const char *text, size_t length, size_t line_start, size_t line_end) {
    size_t at = line_start > 0 ? line_start - 1 : line_end;
    if (at >= length) return "\n";
    if (text[at] == '\r') return at + 1 < length && text[at + 1] == '\n' ? "\r\n" : "\r";
    return at > 0 && text[at - 1] == '\r' ? "\r\n" : "\n";
}

struct place place_of(const char *text, size_t length, size_t offset) {
    size_t start = offset, end = offset;
    while (start > 0 && !is_newline(text[start - 1]))
        start--;
    while (end < length && !is_newline(text[end]))
        end++;
    struct place place = {
        .text = {text, length},
        .offset = offset,
        .before = {text + start, offset - start},
        .after = {text + offset, end - offset},
        .previous = line_before(text, start),
        .next = line_after(text, length, end),
        .newline = newline_of(text, length, start, end),
    };
    place.blank_before = place_all_blank(place.before);
    place.blank_after = place_all_blank(place.after);
    place.last = place.blank_after && place.next.length == 0;
    return place;
}
