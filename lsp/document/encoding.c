#include "lsp/document/encoding.h"

#include "lsp/document/utf8.h"

#include <string.h>

static uint32_t units_of(enum position_encoding encoding, size_t n_bytes) {
    return encoding == ENCODING_UTF16 && n_bytes == 4 ? 2 : 1;
}

size_t encoding_to_offset(enum position_encoding encoding, const char *line, size_t length,
                          uint32_t character) {
    if (encoding == ENCODING_UTF8) return utf8_floor(line, length, character);
    size_t offset = 0;
    uint32_t units = 0;
    while (offset < length && units < character) {
        size_t left = length - offset, wanted = character - units;
        size_t run = utf8_ascii_run(line + offset, left < wanted ? left : wanted);
        if (run == 0) {
            run = utf8_length(line + offset, left, NULL);
            if (units + units_of(encoding, run) > character) break;
            units += units_of(encoding, run);
        } else {
            units += (uint32_t)run;
        }
        offset += run;
    }
    return offset;
}

uint32_t encoding_to_character(enum position_encoding encoding, const char *line, size_t length,
                               size_t offset) {
    offset = utf8_floor(line, length, offset);
    if (encoding == ENCODING_UTF8) return (uint32_t)offset;
    uint32_t units = 0;
    for (size_t at = 0; at < offset;) {
        size_t run = utf8_ascii_run(line + at, offset - at);
        if (run == 0) {
            run = utf8_length(line + at, offset - at, NULL);
            units += units_of(encoding, run);
        } else {
            units += (uint32_t)run;
        }
        at += run;
    }
    return units;
}

static const char *const names[] = {
    [ENCODING_UTF8] = "utf-8", [ENCODING_UTF16] = "utf-16", [ENCODING_UTF32] = "utf-32"};

const char *encoding_name(enum position_encoding encoding) {
    return names[encoding];
}

bool encoding_from_name(const char *name, enum position_encoding *out) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) != 0) continue;
        *out = (enum position_encoding)i;
        return true;
    }
    return false;
}
