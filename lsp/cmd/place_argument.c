#include "lsp/cmd/place_argument.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Digits alone, from 1. */
static bool parse_number(const char *text, size_t length, uint32_t *out) {
    uint64_t value = 0;
    if (length == 0 || length > 10) return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    if (value == 0 || value > UINT32_MAX) return false;
    *out = (uint32_t)value;
    return true;
}

bool place_argument_parse(const char *text, struct place_argument *out, struct error *err) {
    *out = (struct place_argument){0};
    const char *column = strrchr(text, ':');
    const char *line = column;
    while (line != NULL && line > text && (line == column || *line != ':'))
        line--;
    if (column == NULL || *line != ':' || line == text ||
        !parse_number(line + 1, (size_t)(column - line - 1), &out->line) ||
        !parse_number(column + 1, strlen(column + 1), &out->column))
        return error_set(err, ERROR_ARGUMENT,
                         "'%s' is not FILE:LINE:COL, with LINE and COL counted from 1", text);
    out->path = strndup(text, (size_t)(line - text));
    if (out->path == NULL) return error_set(err, ERROR_MEMORY, "no memory for a path");
    return true;
}

bool place_argument_offset(const struct place_argument *self, const struct document *document,
                           size_t *offset, struct error *err) {
    uint32_t n_lines = document_n_lines(document);
    if (self->line > n_lines)
        return error_set(err, ERROR_ARGUMENT, "there is no line %u in %s, which has %u",
                         (unsigned)self->line, self->path, (unsigned)n_lines);
    struct position at = {self->line - 1, self->column - 1};
    *offset = document_offset(document, at, ENCODING_UTF8);
    struct position found = document_position(document, *offset, ENCODING_UTF8);
    if (found.character == at.character) return true;
    size_t end = document_offset(document, (struct position){at.line, UINT32_MAX}, ENCODING_UTF8);
    if (*offset == end)
        return error_set(err, ERROR_ARGUMENT, "line %u of %s ends at column %u, before column %u",
                         (unsigned)self->line, self->path, (unsigned)found.character + 1,
                         (unsigned)self->column);
    return error_set(err, ERROR_ARGUMENT,
                     "column %u of line %u in %s is inside a character that begins at column %u",
                     (unsigned)self->column, (unsigned)self->line, self->path,
                     (unsigned)found.character + 1);
}

const char *place_argument_short_path(const char *path) {
    char folder[4096];
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    if (path[0] == '/' && getcwd(folder, sizeof folder) != NULL) {
        size_t length = strlen(folder);
        if (strncmp(path, folder, length) == 0 && path[length] == '/') return path + length + 1;
    }
    const char *slash = strrchr(path, '/');
    bool elsewhere = path[0] == '/' || strncmp(path, "../", 3) == 0;
    return elsewhere && slash != NULL ? slash + 1 : path;
}
