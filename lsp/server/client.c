#include "lsp/server/client.h"

#include "lsp/document/encoding.h"

/* capabilities[a][b][c]: true? */
static bool has(const json_t *capabilities, const char *a, const char *b, const char *c) {
    const json_t *value = json_object_get(json_object_get(capabilities, a), b);
    return json_is_true(c != NULL ? json_object_get(value, c) : value);
}

void client_read(struct client *self, const json_t *params) {
    const json_t *capabilities = json_object_get(params, "capabilities");
    *self = (struct client){
        .configuration = has(capabilities, "workspace", "configuration", NULL),
        .register_configuration =
            has(capabilities, "workspace", "didChangeConfiguration", "dynamicRegistration"),
        .register_inline_completion =
            has(capabilities, "textDocument", "inlineCompletion", "dynamicRegistration"),
        .work_done_progress = has(capabilities, "window", "workDoneProgress", NULL),
        .encoding = ENCODING_UTF16,
    };
    size_t i;
    const json_t *name;
    const json_t *offered =
        json_object_get(json_object_get(capabilities, "general"), "positionEncodings");
    json_array_foreach(offered, i, name) {
        if (json_is_string(name) && encoding_from_name(json_string_value(name), &self->encoding))
            break;
    }
}
