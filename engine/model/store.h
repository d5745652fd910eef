/* Where models live: $XDG_DATA_HOME/aerie/models (~/.local/share/aerie/models), one GGUF a file. */
#ifndef AERIE_ENGINE_MODEL_STORE_H
#define AERIE_ENGINE_MODEL_STORE_H

#include "base/error.h"

#include <stddef.h>

/* File name of the model that the set-up puts into the store and everything uses by default. */
#define STORE_DEFAULT_MODEL "SmolLM2-135M-Instruct.Q4_1.gguf"

/* The folder; malloc'ed, NULL on failure (ERROR_MEMORY, ERROR_ARGUMENT: neither XDG_DATA_HOME nor
 * HOME is set). It need not exist. */
char *store_folder(struct error *err);

/* What the user calls a model to the path of its file: a path (has a '/' or exists as it is), or a
 * name in the store with or without ".gguf", in any case. NULL or "" means the default model.
 * Malloc'ed; NULL on failure: ERROR_IO (no such model; the message says where it looked, what is
 * there, and how to get one), ERROR_MEMORY, ERROR_ARGUMENT. */
char *store_resolve(const char *name, struct error *err);

/* The GGUF files in the store, sorted by name: a malloc'ed array of malloc'ed file names. True with
 * none if the folder does not exist. ERROR_IO, ERROR_MEMORY. */
bool store_list(char ***names, size_t *n_names, struct error *err);
void store_list_free(char **names, size_t n_names);

#endif
