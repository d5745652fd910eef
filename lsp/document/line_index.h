/* Where each line of a text begins.
 *
 * Lines end with \n, \r\n or a lone \r. A line begins at 0 and at every offset p > 0 for which
 * text[p-1] is \n, or text[p-1] is \r and text[p] is not \n. So an edit changes the answer only
 * from its first byte to the byte after its last one, and the index is patched there: the cost is
 * the edit's own length plus one addition for each later line. */
#ifndef AERIE_LSP_DOCUMENT_LINE_INDEX_H
#define AERIE_LSP_DOCUMENT_LINE_INDEX_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Start from {0} and release with line_index_free. Not valid before the first line_index_patch. */
struct line_index {
    size_t *starts; /* [length], rising; starts[0] is 0 */
    size_t length, capacity;
};

void line_index_free(struct line_index *self);

/* Makes room for what the patch that inserts `text` can need, so that it cannot fail: ERROR_MEMORY.
 */
bool line_index_reserve(struct line_index *self, const char *text, size_t length,
                        struct error *err);

/* The text was edited: bytes [start, old_end) are now [start, new_end) of text[0 .. length). */
void line_index_patch(struct line_index *self, const char *text, size_t length, size_t start,
                      size_t old_end, size_t new_end);

/* The line that holds this offset; the last one for an offset past the end. */
uint32_t line_index_find(const struct line_index *self, size_t offset);

/* The end of a line's content, before its line ending. */
size_t line_index_content_end(const struct line_index *self, const char *text, size_t length,
                              uint32_t line);

#endif
