/* UTF-8 as the Unicode standard defines it (table 3-7): no overlong forms, no surrogates, nothing
 * over U+10FFFF. */
#ifndef AERIE_ENGINE_TOKENIZER_UTF8_H
#define AERIE_ENGINE_TOKENIZER_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the bytes at the head of a text are. */
struct utf8_head {
    uint8_t length; /* bytes of the character, or of the ill-formed piece (its maximal subpart) */
    bool valid;     /* a whole character? */
    bool cut;       /* not valid, but more bytes could have made it so */
};

/* length >= 1. */
struct utf8_head utf8_head(const char *text, size_t length);

/* How many bytes at the head of the text are whole characters. */
size_t utf8_valid_prefix(const char *text, size_t length);

#endif
