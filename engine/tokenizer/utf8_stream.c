/* Tokens end anywhere, characters do not: the bytes of an unfinished character wait here. */
#include "engine/tokenizer/tokenizer.h"
#include "engine/tokenizer/utf8.h"

#include <string.h>

static const char REPLACEMENT[] = "\xEF\xBF\xBD"; /* U+FFFD */
enum { REPLACEMENT_BYTES = sizeof REPLACEMENT - 1 };

static size_t put(char *out, size_t at, const char *bytes, size_t length) {
    memcpy(out + at, bytes, length);
    return at + length;
}

/* Finishes what is pending with bytes from the input, of which *used are taken. */
static size_t finish_pending(struct utf8_stream *self, const char *bytes, size_t length,
                             size_t *used, char *out) {
    size_t written = 0;
    while (self->n_pending > 0 && *used < length) {
        self->pending[self->n_pending++] = bytes[(*used)++];
        struct utf8_head head = utf8_head(self->pending, self->n_pending);
        if (head.cut) continue;
        if (head.valid) {
            written = put(out, written, self->pending, head.length);
        } else {
            /* The newest byte does not continue the character: it is looked at again, alone. */
            written = put(out, written, REPLACEMENT, REPLACEMENT_BYTES);
            (*used)--;
        }
        self->n_pending = 0;
    }
    return written;
}

size_t utf8_stream_feed(struct utf8_stream *self, const char *bytes, size_t length, char *out) {
    if (length == 0) {
        if (self->n_pending == 0) return 0;
        self->n_pending = 0;
        return put(out, 0, REPLACEMENT, REPLACEMENT_BYTES);
    }

    size_t used = 0;
    size_t written = finish_pending(self, bytes, length, &used, out);
    while (used < length) {
        size_t valid = utf8_valid_prefix(bytes + used, length - used);
        written = put(out, written, bytes + used, valid);
        used += valid;
        if (used == length) break;
        struct utf8_head head = utf8_head(bytes + used, length - used);
        if (head.cut) {
            memcpy(self->pending, bytes + used, head.length);
            self->n_pending = head.length;
        } else {
            written = put(out, written, REPLACEMENT, REPLACEMENT_BYTES);
        }
        used += head.length;
    }
    return written;
}
