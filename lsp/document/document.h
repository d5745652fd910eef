/* An open document: its text, kept in step with the client's by incremental edits. */
#ifndef AERIE_LSP_DOCUMENT_DOCUMENT_H
#define AERIE_LSP_DOCUMENT_DOCUMENT_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* LSP 3.17 positionEncoding: what one unit of `character` is. */
enum position_encoding { ENCODING_UTF8, ENCODING_UTF16, ENCODING_UTF32 };

/* As LSP has them: both count from 0. Lines end with \n, \r\n or \r. */
struct position {
    uint32_t line, character;
};
struct range {
    struct position start, end;
};

struct document;

/* `text` is copied; it need not be valid UTF-8 (jansson guarantees it for text from a client; a
 * file from disk may be anything). NULL on failure: ERROR_MEMORY. */
struct document *document_create(const char *uri, const char *language_id, int64_t version,
                                 const char *text, size_t length, struct error *err);
void document_free(struct document *self); /* NULL is fine */

const char *document_uri(const struct document *self);
const char *document_language_id(const struct document *self);
int64_t document_version(const struct document *self);
void document_set_version(struct document *self, int64_t version);

/* The text, 0-terminated for convenience (it may hold NUL bytes); valid until the next edit. */
const char *document_text(const struct document *self);
size_t document_length(const struct document *self);
uint32_t document_n_lines(const struct document *self); /* at least 1 */

/* A place as tree-sitter counts: rows end with \n alone, columns are bytes; both from 0. */
struct text_point {
    uint32_t row, column;
};

/* What an edit did, in bytes: [start, old_end) of the old text is [start, new_end) of the new. */
struct text_edit {
    size_t start, old_end, new_end;
    struct text_point start_point, old_end_point, new_end_point;
};

/* Replaces a range (or, with range NULL, everything). A range is clamped as document_offset clamps;
 * a start after its end is swapped. *done, unless NULL, tells what changed. ERROR_MEMORY: nothing
 * did. */
bool document_edit(struct document *self, const struct range *range,
                   enum position_encoding encoding, const char *text, size_t length,
                   struct text_edit *done, struct error *err);

/* A position as a byte offset on a character boundary. A character past the end of the line means
 * the end of the line (before its line ending), a line past the last one the end of the text, and a
 * character inside a surrogate pair or a UTF-8 sequence the start of that character. */
size_t document_offset(const struct document *self, struct position position,
                       enum position_encoding encoding);

/* A byte offset as a position; an offset inside a character counts as that character's start, one
 * past the end as the end. */
struct position document_position(const struct document *self, size_t offset,
                                  enum position_encoding encoding);

#endif
