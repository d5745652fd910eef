/* What a command reads: a file, or standard input where it is named "-". */
#ifndef AERIE_LSP_CMD_INPUT_H
#define AERIE_LSP_CMD_INPUT_H

#include "base/error.h"

#include <stddef.h>

/* All of it, with a 0 behind (not counted); malloc'ed. NULL on failure: ERROR_IO, ERROR_MEMORY. */
char *input_read(const char *path, size_t *length, struct error *err);

#endif
