/* Characters in bytes that are meant to be UTF-8 and need not be.
 *
 * A character is a well-formed sequence as of Unicode 15, table 3-7 (no overlong forms, no
 * surrogates, nothing above U+10FFFF); every byte that is not part of one is a character of its
 * own, shown as U+FFFD. A well-formed sequence never begins inside another one, so boundaries can
 * be found from the few bytes around a place, without reading the text from its start. */
#ifndef AERIE_LSP_DOCUMENT_UTF8_H
#define AERIE_LSP_DOCUMENT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character that begins at `text`, of which `available` (at least 1) can be read:
 * 1 to 4, 1 for a bad byte. *valid (may be NULL) tells a bad byte from an ASCII character. */
size_t utf8_length(const char *text, size_t available, bool *valid);

/* The largest character boundary that is not after `offset`; `offset` may be past the end. */
size_t utf8_floor(const char *text, size_t length, size_t offset);

/* The code point of the character at `text` (U+FFFD for a bad byte); *length gets its bytes. */
uint32_t utf8_decode(const char *text, size_t available, size_t *length);

/* How many bytes from the start of text, a multiple of 8, are surely ASCII; for skipping ahead. */
size_t utf8_ascii_run(const char *text, size_t length);

#endif
