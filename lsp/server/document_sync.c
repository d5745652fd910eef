/* textDocument/didOpen, didChange, didClose, didSave: keeps our text the client's text. */
#include "lsp/server/completion_job.h"
#include "lsp/server/features.h"
#include "lsp/server/params.h"

#include <stdio.h>

static void on_did_open(void *user, json_t *params) {
    struct server *server = user;
    json_t *item = json_object_get(params, "textDocument");
    const char *uri = json_string_value(json_object_get(item, "uri"));
    const char *language = json_string_value(json_object_get(item, "languageId"));
    json_t *text = json_object_get(item, "text");
    if (uri == NULL || !json_is_string(text)) {
        server_log(server, LOG_ERROR, "didOpen without a uri or a text was ignored");
        return;
    }
    if (document_store_find(server->documents, uri) != NULL) {
        server_log(server, LOG_WARNING, "didOpen of a document that is open: its text is replaced");
        completion_job_document_changed(server, uri);
    }
    struct error err = ERROR_INIT;
    struct document *document =
        document_create(uri, language != NULL ? language : "",
                        (int64_t)json_number_value(json_object_get(item, "version")),
                        json_string_value(text), json_string_length(text), &err);
    if (document == NULL || !document_store_put(server->documents, document, &err)) {
        document_free(document);
        server_log(server, LOG_ERROR, "a document could not be opened: %s", err.message);
    }
}

/* One TextDocumentContentChangeEvent. */
static bool apply_change(const struct server *server, struct document *document,
                         const json_t *change, struct error *err) {
    json_t *text = json_object_get(change, "text"), *range = json_object_get(change, "range");
    struct range place;
    bool whole = range == NULL || json_is_null(range);
    if (!json_is_string(text) || (!whole && !params_range(range, &place)))
        return error_set(err, ERROR_FORMAT, "a change has no text or no proper range");
    return document_edit(document, whole ? NULL : &place, server->client.encoding,
                         json_string_value(text), json_string_length(text), NULL, err);
}

static void on_did_change(void *user, json_t *params) {
    struct server *server = user;
    const char *uri = params_uri(params);
    struct document *document = uri != NULL ? document_store_find(server->documents, uri) : NULL;
    if (document == NULL) {
        server_log(server, LOG_WARNING, "didChange of a document that is not open was ignored");
        return;
    }
    const json_t *changes = json_object_get(params, "contentChanges");
    size_t i;
    const json_t *change;
    json_array_foreach(changes, i, change) {
        struct error err = ERROR_INIT;
        if (!apply_change(server, document, change, &err))
            server_log(server, LOG_ERROR,
                       "change %zu of a didChange was not applied, the text may differ from the "
                       "client's until the document is reopened: %s",
                       i, err.message);
    }
    const json_t *version = json_object_get(json_object_get(params, "textDocument"), "version");
    if (json_is_number(version)) {
        int64_t number = (int64_t)json_number_value(version);
        if (number <= document_version(document))
            server_log(server, LOG_WARNING, "didChange to version %lld after version %lld",
                       (long long)number, (long long)document_version(document));
        document_set_version(document, number);
    }
    if (json_array_size(changes) > 0) completion_job_document_changed(server, uri);
}

static void on_did_close(void *user, json_t *params) {
    struct server *server = user;
    const char *uri = params_uri(params);
    if (uri != NULL) completion_job_document_closed(server, uri);
    if (uri == NULL || !document_store_remove(server->documents, uri))
        server_log(server, LOG_WARNING, "didClose of a document that is not open was ignored");
}

static void on_did_save(void *user, json_t *params) {
    (void)user, (void)params; /* announced for what will index files; the text is known already */
}

static void announce(const struct server *server, json_t *capabilities) {
    (void)server;
    /* TextDocumentSyncKind 2: incremental. */
    json_object_set_new(
        capabilities, "textDocumentSync",
        json_pack("{s:b, s:i, s:{s:b}}", "openClose", 1, "change", 2, "save", "includeText", 0));
}

static const struct method methods[] = {
    {"textDocument/didOpen", NULL, on_did_open},
    {"textDocument/didChange", NULL, on_did_change},
    {"textDocument/didClose", NULL, on_did_close},
    {"textDocument/didSave", NULL, on_did_save},
};

const struct feature feature_document_sync = {methods, sizeof methods / sizeof *methods, announce,
                                              NULL};
