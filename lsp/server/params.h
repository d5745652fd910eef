/* Reading the parameters of LSP messages: each returns false (or NULL) where the shape is wrong. */
#ifndef AERIE_LSP_SERVER_PARAMS_H
#define AERIE_LSP_SERVER_PARAMS_H

#include "lsp/document/document.h"

#include <jansson.h>

/* {line, character}. Numbers beyond uinteger mean the largest. */
bool params_position(const json_t *value, struct position *out);

/* {start, end}; or [start, end], as some clients send it. */
bool params_range(const json_t *value, struct range *out);

/* params.textDocument.uri */
const char *params_uri(const json_t *params);

json_t *params_of_position(struct position position);
json_t *params_of_range(struct range range);

#endif
