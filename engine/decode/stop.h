/* Stop strings in streamed text.
 *
 * Text comes in pieces; a stop string may begin in one piece and end in a later one. What may still
 * become a stop string is held back, everything else passes. The strings are found all at once (Aho
 * and Corasick 1975), so the work per byte does not grow with their number.
 *
 * The string that is complete first ends the text; of those complete at the same byte, the longest.
 */
#ifndef AERIE_ENGINE_DECODE_STOP_H
#define AERIE_ENGINE_DECODE_STOP_H

#include "base/error.h"

#include <stddef.h>

struct stop;

/* For strings[n], copied; n may be 0. NULL on failure: ERROR_ARGUMENT (an empty string),
 * ERROR_MEMORY. */
struct stop *stop_create(const char *const *strings, size_t n, struct error *err);
void stop_free(struct stop *self); /* NULL is fine */

/* Text that may be passed on. */
struct stop_text {
    const char *bytes; /* valid until the next call with this stop */
    size_t length;
    bool found; /* a stop string came: `bytes` is what remained before it, feed no more */
};

/* Takes the next piece of text. False on failure: ERROR_MEMORY. */
bool stop_feed(struct stop *self, const char *bytes, size_t length, struct stop_text *out,
               struct error *err);

/* The text has ended: what is still held back. */
void stop_finish(struct stop *self, struct stop_text *out);

#endif
