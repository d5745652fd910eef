/* aerie/debug/document: what the server believes a document to be, so that a test can hold its own
 * text against it. Unknown unless the environment says AERIE_DEBUG_REQUESTS=1. */
#include "lsp/server/features.h"
#include "lsp/server/params.h"

#include <stdlib.h>
#include <string.h>

static void on_document(void *user, struct request *request, json_t *params) {
    struct server *server = user;
    const char *wanted = getenv("AERIE_DEBUG_REQUESTS");
    if (wanted == NULL || strcmp(wanted, "1") != 0) {
        request_fail(request, JSONRPC_METHOD_NOT_FOUND, "the server has no such method");
        return;
    }
    const char *uri = params_uri(params);
    struct document *document = uri != NULL ? document_store_find(server->documents, uri) : NULL;
    if (document == NULL) {
        request_answer(request, NULL);
        return;
    }
    request_answer(request,
                   json_pack("{s:o, s:I, s:s}", "text",
                             json_stringn(document_text(document), document_length(document)),
                             "version", (json_int_t)document_version(document), "languageId",
                             document_language_id(document)));
}

static const struct method methods[] = {{"aerie/debug/document", on_document, NULL}};

const struct feature feature_debug_requests = {methods, sizeof methods / sizeof *methods, NULL,
                                               NULL};
