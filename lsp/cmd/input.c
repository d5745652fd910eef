#include "lsp/cmd/input.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_all(FILE *file, const char *name, size_t *length, struct error *err) {
    size_t used = 0, capacity = 0;
    char *text = NULL;
    for (;;) {
        if (capacity - used < 2) {
            size_t wanted = capacity ? 2 * capacity : 1 << 16;
            char *grown = capacity <= SIZE_MAX / 4 ? realloc(text, wanted) : NULL;
            if (grown == NULL) {
                error_set(err, ERROR_MEMORY, "no memory for the text of %s", name);
                break;
            }
            text = grown;
            capacity = wanted;
        }
        size_t n = fread(text + used, 1, capacity - used - 1, file);
        used += n;
        if (n > 0) continue;
        if (ferror(file)) {
            error_set_errno(err, ERROR_IO, errno, "cannot read %s", name);
            break;
        }
        text[used] = '\0';
        *length = used;
        return text;
    }
    free(text);
    return NULL;
}

char *input_read(const char *path, size_t *length, struct error *err) {
    if (strcmp(path, "-") == 0) return read_all(stdin, "standard input", length, err);
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        error_set_errno(err, ERROR_IO, errno, "cannot open %s", path);
        return NULL;
    }
    char *text = read_all(file, path, length, err);
    fclose(file);
    return text;
}
