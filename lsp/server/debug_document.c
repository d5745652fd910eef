/* aerie/debug/document: {textDocument: {uri}} -> {languageId, version, text}, null for a document
 * that is not open. Lets a test compare the server's text with the client's. Answers only where the
 * environment says AERIE_DEBUG_REQUESTS=1; elsewhere the method does not exist. */
#include "lsp/server/features.h"
#include "lsp/server/params.h"

#include <stdlib.h>
#include <string.h>

static void on_document(void *user, struct request *request, json_t *params) {
    const struct server *server = user;
    const char *wanted = getenv("AERIE_DEBUG_REQUESTS");
    if (wanted == NULL || strcmp(wanted, "1") != 0) {
        request_fail(request, JSONRPC_METHOD_NOT_FOUND, "the server has no such method");
        return;
    }
    const char *uri = params_uri(params);
    if (uri == NULL) {
        request_fail(request, JSONRPC_INVALID_PARAMS, "textDocument.uri is missing");
        return;
    }
    const struct document *document = document_store_find(server->documents, uri);
    if (document == NULL) {
        request_answer(request, NULL);
        return;
    }
    request_answer(request,
                   json_pack("{s:s, s:I, s:o}", "languageId", document_language_id(document),
                             "version", (json_int_t)document_version(document), "text",
                             json_stringn(document_text(document), document_length(document))));
}

static const struct method methods[] = {
    {.name = "aerie/debug/document", .on_request = on_document}};

const struct feature feature_debug_document = {
    .methods = methods,
    .n_methods = sizeof methods / sizeof *methods,
};
