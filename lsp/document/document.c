#include "lsp/document/document.h"

#include "lsp/document/encoding.h"
#include "lsp/document/line_index.h"
#include "lsp/document/utf8.h"

#include <stdlib.h>
#include <string.h>

/* The text is one contiguous block: whoever reads it (tokenizer, parser, trimming) wants it so, and
 * moving a few megabytes per keystroke costs less than a millisecond. */
struct document {
    char *uri, *language_id;
    int64_t version;
    char *text; /* [length] and a 0 */
    size_t length, capacity;
    struct line_index lines;
    /* Where the last edit began, so that the next one's row needs no count from the top: people
     * type in one place. */
    size_t known_offset;
    struct text_point known_point;
};

struct document *document_create(const char *uri, const char *language_id, int64_t version,
                                 const char *text, size_t length, struct error *err) {
    struct document *self = calloc(1, sizeof *self);
    if (self == NULL) goto no_memory;
    self->uri = strdup(uri);
    self->language_id = strdup(language_id);
    if (self->uri == NULL || self->language_id == NULL) goto no_memory;
    self->version = version;
    if (!document_edit(self, NULL, ENCODING_UTF8, text, length, NULL, err)) goto fail;
    return self;

no_memory:
    error_set(err, ERROR_MEMORY, "no memory for a document");
fail:
    document_free(self);
    return NULL;
}

void document_free(struct document *self) {
    if (self == NULL) return;
    free(self->uri);
    free(self->language_id);
    free(self->text);
    line_index_free(&self->lines);
    free(self);
}

const char *document_uri(const struct document *self) {
    return self->uri;
}
const char *document_language_id(const struct document *self) {
    return self->language_id;
}
int64_t document_version(const struct document *self) {
    return self->version;
}
void document_set_version(struct document *self, int64_t version) {
    self->version = version;
}
const char *document_text(const struct document *self) {
    return self->text;
}
size_t document_length(const struct document *self) {
    return self->length;
}
uint32_t document_n_lines(const struct document *self) {
    return (uint32_t)self->lines.length;
}

static bool reserve_text(struct document *self, size_t length, struct error *err) {
    if (length < self->capacity) return true;
    size_t capacity = length + length / 4 + 64;
    char *text = capacity > length ? realloc(self->text, capacity) : NULL;
    if (text == NULL)
        return error_set(err, ERROR_MEMORY, "no memory for a document of %zu bytes", length);
    self->text = text;
    self->capacity = capacity;
    return true;
}

/* The point of `to`, from that of `from` <= to. */
static struct text_point advance(const char *text, size_t from, struct text_point point,
                                 size_t to) {
    while (from < to) {
        const char *newline = memchr(text + from, '\n', to - from);
        if (newline == NULL) {
            point.column += (uint32_t)(to - from);
            break;
        }
        point.row++;
        point.column = 0;
        from = (size_t)(newline - text) + 1;
    }
    return point;
}

/* The point of an edit's start, found from the last one's. */
static struct text_point start_point(struct document *self, size_t start) {
    if (start < self->known_offset) {
        self->known_offset = 0;
        self->known_point = (struct text_point){0, 0};
    }
    self->known_point = advance(self->text, self->known_offset, self->known_point, start);
    self->known_offset = start;
    return self->known_point;
}

bool document_edit(struct document *self, const struct range *range,
                   enum position_encoding encoding, const char *text, size_t length,
                   struct text_edit *done, struct error *err) {
    size_t start = 0, end = self->length;
    if (range != NULL) {
        start = document_offset(self, range->start, encoding);
        end = document_offset(self, range->end, encoding);
        if (start > end) {
            size_t swapped = start;
            start = end;
            end = swapped;
        }
    }
    size_t kept = self->length - (end - start);
    if (length > SIZE_MAX / 2 - kept)
        return error_set(err, ERROR_MEMORY, "a document of %zu bytes is too long", length);
    /* Both kinds of room first: an edit happens whole or not at all. */
    if (!reserve_text(self, kept + length, err)) return false;
    if (!line_index_reserve(&self->lines, text, length, err)) return false;

    if (done != NULL) {
        struct text_point from = start_point(self, start);
        *done = (struct text_edit){.start = start,
                                   .old_end = end,
                                   .new_end = start + length,
                                   .start_point = from,
                                   .old_end_point = advance(self->text, start, from, end),
                                   .new_end_point = {0, 0}};
    } else if (start < self->known_offset) {
        self->known_offset = 0;
        self->known_point = (struct text_point){0, 0};
    }
    memmove(self->text + start + length, self->text + end, self->length - end);
    if (length > 0) memcpy(self->text + start, text, length);
    self->length = kept + length;
    self->text[self->length] = '\0';
    line_index_patch(&self->lines, self->text, self->length, start, end, start + length);
    if (done != NULL)
        done->new_end_point = advance(self->text, start, done->start_point, start + length);
    return true;
}

size_t document_offset(const struct document *self, struct position position,
                       enum position_encoding encoding) {
    if (position.line >= self->lines.length) return self->length;
    size_t start = self->lines.starts[position.line];
    size_t end = line_index_content_end(&self->lines, self->text, self->length, position.line);
    return start +
           encoding_to_offset(encoding, self->text + start, end - start, position.character);
}

struct position document_position(const struct document *self, size_t offset,
                                  enum position_encoding encoding) {
    uint32_t line = line_index_find(&self->lines, offset);
    size_t start = self->lines.starts[line];
    size_t end = line_index_content_end(&self->lines, self->text, self->length, line);
    return (struct position){
        line, encoding_to_character(encoding, self->text + start, end - start, offset - start)};
}
