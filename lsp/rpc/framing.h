/* The base protocol of LSP: header lines, an empty line, and Content-Length bytes of body, cut out
 * of a byte stream that arrives in pieces of any size (LSP 3.18, "Base Protocol").
 *
 * Header names are case-insensitive, Content-Type and unknown headers are read over, a line may end
 * with "\n" alone. A body over the limit is skipped without being stored. After header lines that
 * make no sense the stream is searched for the next "Content-Length:": what lies between is lost,
 * the session is not. Knows no JSON and no sockets. */
#ifndef AERIE_LSP_RPC_FRAMING_H
#define AERIE_LSP_RPC_FRAMING_H

#include "base/error.h"

#include <stddef.h>

enum {
    FRAMING_DEFAULT_LIMIT = 64 << 20, /* bytes of one body */
    FRAMING_HEADER_LIMIT = 8 << 10,   /* bytes of one block of header lines */
};

struct framing;

enum framing_event {
    FRAMING_NEED_MORE, /* nothing complete: feed more bytes */
    FRAMING_MESSAGE,   /* one body */
    FRAMING_REFUSED,   /* something was thrown away; the error says what; go on */
};

/* `limit`: the longest body accepted, 0 for FRAMING_DEFAULT_LIMIT. NULL on failure: ERROR_MEMORY.
 */
struct framing *framing_create(size_t limit, struct error *err);
void framing_free(struct framing *self); /* NULL is fine */

/* Adds bytes from the stream. ERROR_MEMORY, and then the bytes are not taken. */
bool framing_feed(struct framing *self, const char *bytes, size_t length, struct error *err);

/* The next event. A body lives until the next call with this parser and is not 0-terminated.
 * FRAMING_REFUSED sets ERROR_UNSUPPORTED for a body over the limit, ERROR_FORMAT for bad headers;
 * a run of garbage is reported once, however long it is. */
enum framing_event framing_next(struct framing *self, const char **body, size_t *length,
                                struct error *err);

#endif
