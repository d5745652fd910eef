#include "lsp/server/params.h"

static bool read_unsigned(const json_t *value, uint32_t *out) {
    if (!json_is_number(value)) return false;
    double number = json_number_value(value);
    if (!(number >= 0)) return false;
    *out = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
    return true;
}

bool params_position(const json_t *value, struct position *out) {
    return read_unsigned(json_object_get(value, "line"), &out->line) &&
           read_unsigned(json_object_get(value, "character"), &out->character);
}

bool params_range(const json_t *value, struct range *out) {
    const json_t *start = json_object_get(value, "start"), *end = json_object_get(value, "end");
    if (json_is_array(value)) {
        start = json_array_get(value, 0);
        end = json_array_get(value, 1);
    }
    return params_position(start, &out->start) && params_position(end, &out->end);
}

const char *params_uri(const json_t *params) {
    return json_string_value(json_object_get(json_object_get(params, "textDocument"), "uri"));
}

json_t *params_of_position(struct position position) {
    return json_pack("{s:I, s:I}", "line", (json_int_t)position.line, "character",
                     (json_int_t)position.character);
}

json_t *params_of_range(struct range range) {
    return json_pack("{s:o, s:o}", "start", params_of_position(range.start), "end",
                     params_of_position(range.end));
}
