/* `character` of an LSP position <-> byte offset, inside one line.
 *
 * One character of the text is as many units as it has bytes (utf-8), one or two 16-bit words
 * (utf-16) or one (utf-32); a byte that is not part of well-formed UTF-8 is one unit in each. The
 * line is given without its line ending. Time is linear in the part of the line before the place,
 * eight ASCII bytes a step. */
#ifndef AERIE_LSP_DOCUMENT_ENCODING_H
#define AERIE_LSP_DOCUMENT_ENCODING_H

#include "lsp/document/document.h"

/* Bytes before the character that `character` units lead to. Units past the end mean the end, a
 * place inside a character its start. */
size_t encoding_to_offset(enum position_encoding encoding, const char *line, size_t length,
                          uint32_t character);

/* Units in the first `offset` bytes; an offset inside a character counts as its start, one past the
 * end as the end. */
uint32_t encoding_to_character(enum position_encoding encoding, const char *line, size_t length,
                               size_t offset);

/* LSP's name of it, "utf-16"; and back: false if the name is unknown. */
const char *encoding_name(enum position_encoding encoding);
bool encoding_from_name(const char *name, enum position_encoding *out);

#endif
