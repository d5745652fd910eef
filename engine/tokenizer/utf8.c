#include "engine/tokenizer/utf8.h"

#include <string.h>

struct utf8_head utf8_head(const char *text, size_t length) {
    const uint8_t *bytes = (const uint8_t *)text;
    uint8_t lead = bytes[0];
    if (lead < 0x80) return (struct utf8_head){.length = 1, .valid = true};

    /* The lead byte says how many bytes follow, and bounds the first of them: that is where
     * overlong forms, surrogates and everything beyond U+10FFFF are kept out. */
    uint8_t need, low = 0x80, high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
        need = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        need = 3;
        if (lead == 0xE0) low = 0xA0;
        if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        need = 4;
        if (lead == 0xF0) low = 0x90;
        if (lead == 0xF4) high = 0x8F;
    } else {
        return (struct utf8_head){.length = 1};
    }

    uint8_t have = 1;
    while (have < need) {
        if (have == length) return (struct utf8_head){.length = have, .cut = true};
        if (bytes[have] < low || bytes[have] > high) return (struct utf8_head){.length = have};
        low = 0x80;
        high = 0xBF;
        have++;
    }
    return (struct utf8_head){.length = need, .valid = true};
}

size_t utf8_valid_prefix(const char *text, size_t length) {
    size_t at = 0;
    while (at < length) {
        /* Source text is mostly ASCII: eight bytes at a stride. */
        uint64_t word;
        while (length - at >= sizeof word) {
            memcpy(&word, text + at, sizeof word);
            if (word & 0x8080808080808080u) break;
            at += sizeof word;
        }
        if (at == length) break;
        struct utf8_head head = utf8_head(text + at, length - at);
        if (!head.valid) break;
        at += head.length;
    }
    return at;
}
