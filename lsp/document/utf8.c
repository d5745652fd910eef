#include "lsp/document/utf8.h"

#include <string.h>

static bool is_continuation(unsigned char byte) {
    return (byte & 0xc0) == 0x80;
}

size_t utf8_length(const char *text, size_t available, bool *valid) {
    const unsigned char *bytes = (const unsigned char *)text;
    unsigned char lead = bytes[0];
    bool ignored;
    if (valid == NULL) valid = &ignored;
    *valid = true;
    if (lead < 0x80) return 1;

    size_t length = 0;
    /* The second byte's bounds are what rules out overlong forms, surrogates and > U+10FFFF. */
    unsigned char low = 0x80, high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) {
        length = 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        length = 3;
        if (lead == 0xe0) low = 0xa0;
        if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        length = 4;
        if (lead == 0xf0) low = 0x90;
        if (lead == 0xf4) high = 0x8f;
    }
    bool whole = length != 0 && length <= available && bytes[1] >= low && bytes[1] <= high;
    for (size_t i = 2; whole && i < length; i++)
        whole = is_continuation(bytes[i]);
    if (whole) return length;
    *valid = false;
    return 1;
}

size_t utf8_floor(const char *text, size_t length, size_t offset) {
    if (offset >= length) return length;
    if (!is_continuation((unsigned char)text[offset])) return offset;
    for (size_t back = 1; back <= 3 && back <= offset; back++) {
        size_t start = offset - back;
        if (is_continuation((unsigned char)text[start])) continue;
        return utf8_length(text + start, length - start, NULL) > back ? start : offset;
    }
    return offset;
}

uint32_t utf8_decode(const char *text, size_t available, size_t *length) {
    const unsigned char *bytes = (const unsigned char *)text;
    bool valid;
    *length = utf8_length(text, available, &valid);
    if (!valid) return 0xfffd;
    if (*length == 1) return bytes[0];
    uint32_t code = bytes[0] & (0x7fu >> *length);
    for (size_t i = 1; i < *length; i++)
        code = code << 6 | (bytes[i] & 0x3fu);
    return code;
}

size_t utf8_ascii_run(const char *text, size_t length) {
    size_t run = 0;
    for (uint64_t word; length - run >= sizeof word; run += sizeof word) {
        memcpy(&word, text + run, sizeof word);
        if (word & 0x8080808080808080u) break;
    }
    return run;
}
