/* What the client said about itself in `initialize`. */
#ifndef AERIE_LSP_SERVER_CLIENT_H
#define AERIE_LSP_SERVER_CLIENT_H

#include "lsp/document/document.h"

#include <jansson.h>

struct client {
    bool configuration;              /* answers workspace/configuration */
    bool register_configuration;     /* didChangeConfiguration wants registering */
    bool register_inline_completion; /* inlineCompletion may be registered later */
    bool work_done_progress;         /* shows $/progress we begin */
    enum position_encoding encoding; /* agreed on */
};

/* From InitializeParams (NULL: nothing known). Of the client's position encodings the first one
 * that we know is taken, which is the first it offers as long as it follows the specification;
 * utf-16 where it offers none. */
void client_read(struct client *self, const json_t *params);

#endif
