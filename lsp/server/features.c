#include "lsp/server/features.h"

static const struct feature *const table[] = {
    &feature_lifecycle,         &feature_document_sync,   &feature_workspace,
    &feature_inline_completion, &feature_text_completion, &feature_debug_requests,
};

const struct feature *const *features_table(size_t *n) {
    *n = sizeof table / sizeof *table;
    return table;
}

json_t *features_registration(const char *method, json_t *options) {
    return json_pack("{s:s+, s:s, s:o*}", "id", "aerie:", method, "method", method,
                     "registerOptions", options);
}
