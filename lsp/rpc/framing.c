#include "lsp/rpc/framing.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum state {
    STATE_HEADER, /* collecting header lines */
    STATE_BODY,   /* collecting `expected` bytes */
    STATE_SKIP,   /* throwing `expected` bytes away */
    STATE_SEARCH, /* looking for the next Content-Length */
};

/* A longer body than this is not worth waiting for: the header is more likely broken. */
static const uint64_t longest_skip = (uint64_t)4 << 30;
static const char length_header[] = "Content-Length:";
enum { LENGTH_HEADER = sizeof length_header - 1, KEEP_CAPACITY = 1 << 20 };

struct framing {
    char *bytes; /* [capacity]; the stream from `start` to `end` is still to be read */
    size_t start, end, capacity;
    size_t limit;
    size_t scanned;    /* STATE_HEADER: bytes after `start` known to hold no complete line end */
    size_t lines;      /* STATE_HEADER: bytes after `start` that are complete header lines */
    uint64_t expected; /* STATE_BODY, STATE_SKIP: bytes of the body still to come */
    bool has_length;   /* STATE_HEADER: a Content-Length was seen in this block */
    bool complained;   /* garbage was reported and no message has come through since */
    enum state state;
};

struct framing *framing_create(size_t limit, struct error *err) {
    struct framing *self = calloc(1, sizeof *self);
    if (self == NULL) {
        error_set(err, ERROR_MEMORY, "no memory for the message parser");
        return NULL;
    }
    self->limit = limit != 0 ? limit : FRAMING_DEFAULT_LIMIT;
    return self;
}

void framing_free(struct framing *self) {
    if (self == NULL) return;
    free(self->bytes);
    free(self);
}

bool framing_feed(struct framing *self, const char *bytes, size_t length, struct error *err) {
    if (length == 0) return true;
    size_t used = self->end - self->start;
    if (used == 0) {
        self->start = self->end = 0;
        /* One large message must not pin its memory for the rest of the session. */
        if (self->capacity > KEEP_CAPACITY) {
            free(self->bytes);
            self->bytes = NULL;
            self->capacity = 0;
        }
    }
    if (length > self->capacity - self->end) {
        if (length > SIZE_MAX / 2 - used)
            return error_set(err, ERROR_MEMORY, "message too long for this machine");
        if (self->start > 0) memmove(self->bytes, self->bytes + self->start, used);
        self->start = 0;
        self->end = used;
        if (used + length > self->capacity) {
            size_t capacity = (used + length) + (used + length) / 2;
            char *grown = realloc(self->bytes, capacity);
            if (grown == NULL)
                return error_set(err, ERROR_MEMORY, "no memory for a message of %zu bytes",
                                 used + length);
            self->bytes = grown;
            self->capacity = capacity;
        }
    }
    memcpy(self->bytes + self->end, bytes, length);
    self->end += length;
    return true;
}

static void begin_header(struct framing *self) {
    self->state = STATE_HEADER;
    self->scanned = self->lines = 0;
    self->has_length = false;
}

/* Gives up on the header block at `start`. The search begins one byte later, so that it gets past
 * this block and still finds a Content-Length that some noise was printed in front of. */
static enum framing_event refuse(struct framing *self, struct error *err, const char *why) {
    self->state = STATE_SEARCH;
    if (self->end > self->start) self->start++;
    if (self->complained) return FRAMING_NEED_MORE;
    self->complained = true;
    error_set(err, ERROR_FORMAT, "message header refused: %s; waiting for the next Content-Length",
              why);
    return FRAMING_REFUSED;
}

/* "  42 " to 42. False unless it is a decimal number and nothing else. */
static bool parse_length(const char *text, size_t length, uint64_t *value) {
    while (length > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        length--;
    }
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    if (length == 0) return false;
    uint64_t sum = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        if (sum > (UINT64_MAX - 9) / 10) return false;
        sum = sum * 10 + (uint64_t)(text[i] - '0');
    }
    *value = sum;
    return true;
}

/* One line without its end. NULL where it is fine, else what is wrong with it. */
static const char *read_header(struct framing *self, const char *line, size_t length) {
    const char *colon = memchr(line, ':', length);
    if (colon == NULL || colon == line) return "a line without 'name: value'";
    if ((size_t)(colon - line) + 1 != LENGTH_HEADER ||
        strncasecmp(line, length_header, LENGTH_HEADER) != 0)
        return NULL;
    uint64_t value;
    if (!parse_length(colon + 1, length - LENGTH_HEADER, &value))
        return "Content-Length is not a number of bytes";
    if (value > longest_skip) return "Content-Length is beyond all measure";
    if (self->has_length && value != self->expected) return "two different Content-Lengths";
    self->has_length = true;
    self->expected = value;
    return NULL;
}

/* Reads header lines. True once the block is complete or refused: *event is then to be acted on. */
static bool step_header(struct framing *self, enum framing_event *event, struct error *err) {
    for (;;) {
        size_t available = self->end - self->start;
        if (available == 0) { /* and perhaps no buffer yet */
            *event = FRAMING_NEED_MORE;
            return false;
        }
        const char *block = self->bytes + self->start;
        size_t from = self->lines + self->scanned;
        const char *newline =
            available > from ? memchr(block + from, '\n', available - from) : NULL;
        if (newline == NULL) {
            self->scanned = available - self->lines;
            if (available > FRAMING_HEADER_LIMIT) {
                *event = refuse(self, err, "no end of the header lines in sight");
                return true;
            }
            *event = FRAMING_NEED_MORE;
            return false;
        }
        const char *line = block + self->lines;
        size_t next = (size_t)(newline - block) + 1;
        size_t length = next - 1 - self->lines;
        if (length > 0 && line[length - 1] == '\r') length--;
        if (next > FRAMING_HEADER_LIMIT) {
            *event = refuse(self, err, "the header lines are too long");
            return true;
        }
        if (length > 0) {
            const char *wrong = read_header(self, line, length);
            if (wrong != NULL) {
                *event = refuse(self, err, wrong);
                return true;
            }
            self->lines = next;
            self->scanned = 0;
            continue;
        }
        if (self->lines == 0) { /* an empty line between messages: harmless */
            self->start += next;
            begin_header(self);
            continue;
        }
        if (!self->has_length) {
            *event = refuse(self, err, "Content-Length is missing");
            return true;
        }
        self->start += next;
        if (self->expected > self->limit) {
            self->state = STATE_SKIP;
            error_set(err, ERROR_UNSUPPORTED,
                      "a message of %llu bytes is over the limit of %zu bytes and was skipped",
                      (unsigned long long)self->expected, self->limit);
            *event = FRAMING_REFUSED;
            return true;
        }
        self->state = STATE_BODY;
        *event = FRAMING_NEED_MORE;
        return true;
    }
}

/* Moves `start` to the next Content-Length. False while there is none. */
static bool step_search(struct framing *self) {
    while (self->end - self->start >= LENGTH_HEADER) {
        const char *from = self->bytes + self->start;
        size_t span = self->end - self->start - LENGTH_HEADER + 1;
        size_t i = 0;
        while (i < span && (from[i] | 0x20) != 'c')
            i++;
        self->start += i;
        if (i == span) break;
        if (strncasecmp(from + i, length_header, LENGTH_HEADER) == 0) {
            begin_header(self);
            return true;
        }
        self->start++;
    }
    return false;
}

enum framing_event framing_next(struct framing *self, const char **body, size_t *length,
                                struct error *err) {
    *body = NULL;
    *length = 0;
    for (;;) {
        size_t available = self->end - self->start;
        switch (self->state) {
        case STATE_HEADER: {
            enum framing_event event;
            if (!step_header(self, &event, err) || event != FRAMING_NEED_MORE) return event;
            break;
        }
        case STATE_BODY:
            if (available < self->expected) return FRAMING_NEED_MORE;
            *body = self->bytes + self->start;
            *length = (size_t)self->expected;
            self->start += *length;
            self->complained = false;
            begin_header(self);
            return FRAMING_MESSAGE;
        case STATE_SKIP: {
            size_t skipped = self->expected < available ? (size_t)self->expected : available;
            self->start += skipped;
            self->expected -= skipped;
            if (self->expected > 0) return FRAMING_NEED_MORE;
            begin_header(self);
            break;
        }
        case STATE_SEARCH:
            if (!step_search(self)) return FRAMING_NEED_MORE;
            break;
        }
    }
}
