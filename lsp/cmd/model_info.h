/* What a model file says about itself, for people and as JSON. */
#ifndef AERIE_LSP_CMD_MODEL_INFO_H
#define AERIE_LSP_CMD_MODEL_INFO_H

#include "base/error.h"

#include <jansson.h>
#include <stdint.h>

/* Prints everything known about the model of that name or path (NULL: the default one). ERROR_IO,
 * ERROR_FORMAT, ERROR_UNSUPPORTED, ERROR_MEMORY. */
bool model_info_print(const char *name, bool as_json, struct error *err);

/* "134.5 million", into text; returns text. */
const char *model_info_count(uint64_t n, char *text, size_t capacity);

/* A JSON string of text that may be any bytes: what is not UTF-8 becomes U+FFFD. NULL without
 * memory. */
json_t *model_info_string(const char *text);

#endif
