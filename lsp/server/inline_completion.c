/* textDocument/inlineCompletion (LSP 3.18): ghost text. */
#include "lsp/server/completion_job.h"
#include "lsp/server/features.h"
#include "lsp/server/params.h"

static bool enabled(const struct settings_values *values) {
    return values->inline_completion_enable;
}

/* Never null: Neovim keeps an old hint on the screen for that. */
static json_t *empty(bool passing) {
    (void)passing;
    return json_pack("{s:[]}", "items");
}

static json_t *render(const struct server *server, const struct document *document, size_t offset,
                      size_t start, size_t end, const char *text, size_t length) {
    (void)offset;
    /* The range is always there: without one VS Code replaces up to the end of the line. */
    const struct range range = {document_position(document, start, server->client.encoding),
                                document_position(document, end, server->client.encoding)};
    if (range.start.line != range.end.line) return NULL;
    return json_pack("{s:[{s:o, s:o}]}", "items", "insertText", json_stringn(text, length), "range",
                     params_of_range(range));
}

static const struct completion_kind kind = {
    .name = "inline completion",
    .patience_ms = 5000, /* ghost text hides nothing while it is awaited */
    .enabled = enabled,
    .empty = empty,
    .render = render,
};

/* What is selected in the list of suggestions, where it makes sense: on the cursor's line, and
 * around or before the cursor. */
static void read_selection(const struct server *server, const json_t *info,
                           struct completion_place *place, struct position cursor) {
    struct range range;
    const json_t *text = json_object_get(info, "text");
    if (!json_is_string(text) || !params_range(json_object_get(info, "range"), &range)) return;
    if (range.start.line != cursor.line) return;
    size_t start = document_offset(place->document, range.start, server->client.encoding);
    if (start > place->offset) return;
    place->selected_text = json_string_value(text);
    place->selected_start = start;
}

static void on_inline_completion(void *user, struct request *request, json_t *params) {
    struct server *server = user;
    const char *uri = params_uri(params);
    struct position position;
    if (uri == NULL || !params_position(json_object_get(params, "position"), &position)) {
        request_fail(request, JSONRPC_INVALID_PARAMS, "textDocument.uri or position is missing");
        return;
    }
    struct completion_place place = {.document = document_store_find(server->documents, uri)};
    if (place.document == NULL) {
        request_answer(request, empty(false));
        return;
    }
    place.offset = document_offset(place.document, position, server->client.encoding);
    /* context.triggerKind is not looked at: clients of different age count it from 0 or from 1. */
    read_selection(
        server, json_object_get(json_object_get(params, "context"), "selectedCompletionInfo"),
        &place, document_position(place.document, place.offset, server->client.encoding));
    completion_job_start(server, &kind, request, &place);
}

static void announce(const struct server *server, json_t *capabilities) {
    if (!server->client.register_inline_completion)
        json_object_set_new(capabilities, "inlineCompletionProvider", json_true());
}

static void registrations(const struct server *server, json_t *list) {
    if (!server->client.register_inline_completion) return;
    json_t *options = json_object();
    json_object_set_new(options, "documentSelector", json_null()); /* the client's own */
    json_array_append_new(list, features_registration("textDocument/inlineCompletion", options));
}

static const struct method methods[] = {
    {"textDocument/inlineCompletion", on_inline_completion, NULL},
};

const struct feature feature_inline_completion = {methods, sizeof methods / sizeof *methods,
                                                  announce, registrations};
