/* The judge of lsp/document: a text that is cut into lines and characters anew for every question.
 * Shares no code with what it judges. */
#ifndef AERIE_TESTS_NAIVE_DOCUMENT_H
#define AERIE_TESTS_NAIVE_DOCUMENT_H

#include <stddef.h>
#include <stdint.h>

struct naive_document {
    char *text;
    size_t length;
};

/* One line: [start, end) without its ending, [start, next) with it. */
struct naive_line {
    size_t start, end, next;
};

size_t naive_n_lines(const struct naive_document *self);
struct naive_line naive_line_at(const struct naive_document *self, size_t index);

/* unit_bytes: 1 utf-8, 2 utf-16, 4 utf-32. */
size_t naive_offset(const struct naive_document *self, int unit_bytes, uint32_t line,
                    uint32_t character);
void naive_position(const struct naive_document *self, int unit_bytes, size_t offset,
                    uint32_t *line, uint32_t *character);

/* Replaces [start, end) of the text, given in either order. */
void naive_replace(struct naive_document *self, size_t start, size_t end, const char *text,
                   size_t length);

#endif
