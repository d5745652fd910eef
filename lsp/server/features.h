/* Every feature of the server is one file, registered in one table. */
#ifndef AERIE_LSP_SERVER_FEATURES_H
#define AERIE_LSP_SERVER_FEATURES_H

#include "lsp/server/server.h"

struct feature {
    const struct method *methods; /* [n_methods]; their `server` is a struct server */
    size_t n_methods;
    /* Adds what it can do to ServerCapabilities. May be NULL. */
    void (*announce)(const struct server *server, json_t *capabilities);
    /* Appends the Registrations to be made once the client is initialized. May be NULL. */
    void (*registrations)(const struct server *server, json_t *registrations);
};

extern const struct feature feature_lifecycle;         /* initialize … exit, $/setTrace */
extern const struct feature feature_document_sync;     /* textDocument/didOpen … didClose */
extern const struct feature feature_workspace;         /* configuration, folders */
extern const struct feature feature_inline_completion; /* textDocument/inlineCompletion */
extern const struct feature feature_text_completion;   /* textDocument/completion */
extern const struct feature feature_debug_requests;    /* aerie/debug/…, for tests */

const struct feature *const *features_table(size_t *n);

/* One entry of RegistrationParams.registrations; `options` is stolen. */
json_t *features_registration(const char *method, json_t *options);

/* Pulls the section "aerie" of the client's configuration, where it answers such requests. */
void workspace_pull_configuration(struct server *server);

/* Takes the folders out of InitializeParams: workspaceFolders, else rootUri, else rootPath. */
void workspace_read_folders(struct server *server, const json_t *params);
void workspace_free_folders(struct server *server);

#endif
