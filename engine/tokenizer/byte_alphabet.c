#include "engine/tokenizer/byte_alphabet.h"

/* Which bytes stand for themselves: ! to ~, ¡ to ¬, ® to ÿ. */
static bool prints(unsigned byte) {
    return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

static unsigned character_of(unsigned byte) {
    if (prints(byte)) return byte;
    /* Its place among the bytes that do not print: 00-20, 7F-A0, AD. */
    unsigned place = byte <= 0x20 ? byte : byte <= 0xA0 ? byte - 0x7F + 0x21 : 0x43;
    return 0x100 + place;
}

size_t byte_alphabet_spell(uint8_t byte, char out[2]) {
    unsigned character = character_of(byte);
    if (character < 0x80) {
        out[0] = (char)character;
        return 1;
    }
    out[0] = (char)(0xC0 | character >> 6);
    out[1] = (char)(0x80 | (character & 0x3F));
    return 2;
}

/* The byte a character spells, or -1. */
static int byte_of(unsigned character) {
    if (character < 0x100) return prints(character) ? (int)character : -1;
    unsigned place = character - 0x100;
    if (place <= 0x20) return (int)place;
    if (place <= 0x42) return (int)(place - 0x21 + 0x7F);
    return place == 0x43 ? 0xAD : -1;
}

size_t byte_alphabet_decode(struct text_view spelling, char *out) {
    const uint8_t *in = (const uint8_t *)spelling.bytes;
    size_t written = 0;
    for (size_t at = 0; at < spelling.length;) {
        unsigned character = in[at++];
        if (character >= 0x80) {
            /* Every spelling beyond ASCII is a two-byte character. */
            if ((character & 0xE0) != 0xC0 || at == spelling.length || (in[at] & 0xC0) != 0x80)
                return SIZE_MAX;
            character = (character & 0x1F) << 6 | (in[at++] & 0x3F);
            if (character < 0x80) return SIZE_MAX;
        }
        int byte = byte_of(character);
        if (byte < 0) return SIZE_MAX;
        out[written++] = (char)byte;
    }
    return written;
}
