#include "lsp/rpc/jsonrpc.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading -------------------------------------------------------------------------------- */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The value of a \uXXXX escape at `at`, or -1. */
static int escape_value(const char *at, const char *end) {
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return -1;
    int value = 0;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Writes U+FFFD over every escaped surrogate that has no other half. Outside strings a backslash is
 * an error anyway, so strings need not be told apart. True if anything changed. */
static bool mend_surrogates(char *text, size_t length) {
    char *end = text + length;
    bool mended = false;
    for (char *at = text; (at = memchr(at, '\\', (size_t)(end - at))) != NULL;) {
        int value = escape_value(at, end);
        if (value < 0) {
            if (end - at < 2) break;
            at += 2; /* "\\" hides a following u */
            continue;
        }
        bool high = value >= 0xD800 && value <= 0xDBFF, low = value >= 0xDC00 && value <= 0xDFFF;
        if (high) {
            int second = escape_value(at + 6, end);
            if (second >= 0xDC00 && second <= 0xDFFF) {
                at += 12;
                continue;
            }
        }
        if (high || low) {
            memcpy(at + 2, "fffd", 4);
            mended = true;
        }
        at += 6;
    }
    return mended;
}

static json_t *load(const char *body, size_t length, json_error_t *problem) {
    const size_t flags = JSON_ALLOW_NUL | JSON_DECODE_ANY;
    json_t *root = json_loadb(body, length, flags, problem);
    /* An integer beyond 64 bits is JSON all the same; it must not cost the message its id. */
    if (root == NULL && json_error_code(problem) == json_error_numeric_overflow)
        root = json_loadb(body, length, flags | JSON_DECODE_INT_AS_REAL, problem);
    if (root != NULL || memchr(body, '\\', length) == NULL) return root;
    char *copy = malloc(length);
    if (copy == NULL) return NULL;
    memcpy(copy, body, length);
    if (mend_surrogates(copy, length)) root = json_loadb(copy, length, flags, problem);
    free(copy);
    return root;
}

/* The message's id. 7.0 is 7: clients whose numbers are all floating point may write it so. */
static json_t *take_id(json_t *root) {
    json_t *id = json_object_get(root, "id");
    double number = json_real_value(id);
    if (!json_is_real(id) || number != floor(number) || fabs(number) > 9007199254740992.0)
        return id;
    json_object_set_new(root, "id", json_integer((json_int_t)number));
    return json_object_get(root, "id");
}

static void invalid(struct jsonrpc_message *message, enum jsonrpc_code code, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));

static void invalid(struct jsonrpc_message *message, enum jsonrpc_code code, const char *format,
                    ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message->reason, sizeof message->reason, format, arguments);
    va_end(arguments);
    message->kind = JSONRPC_INVALID;
    message->code = code;
}

void jsonrpc_parse(struct jsonrpc_message *message, const char *body, size_t length) {
    memset(message, 0, sizeof *message);
    json_error_t problem;
    message->root = length > 0 ? load(body, length, &problem) : NULL;
    if (message->root == NULL) {
        /* jansson's own text quotes the input, which may be the user's code: the place must do. */
        if (length == 0)
            invalid(message, JSONRPC_PARSE_ERROR, "the message is empty");
        else
            invalid(message, JSONRPC_PARSE_ERROR, "the message is not JSON (line %d, column %d)",
                    problem.line, problem.column);
        return;
    }
    if (json_is_array(message->root)) {
        invalid(message, JSONRPC_INVALID_REQUEST, "LSP knows no batches");
        return;
    }
    if (!json_is_object(message->root)) {
        invalid(message, JSONRPC_INVALID_REQUEST, "the message is not an object");
        return;
    }

    json_t *id = take_id(message->root);
    bool bad_id = id != NULL && !json_is_integer(id) && !json_is_string(id) && !json_is_null(id);
    if (!bad_id) message->id = id;
    const char *version = json_string_value(json_object_get(message->root, "jsonrpc"));
    json_t *method = json_object_get(message->root, "method");
    message->result = json_object_get(message->root, "result");
    message->error = json_object_get(message->root, "error");
    if (json_is_null(message->error)) message->error = NULL; /* {result, error: null}: JSON-RPC 1 */
    json_t *params = json_object_get(message->root, "params");

    if (version == NULL || strcmp(version, "2.0") != 0) {
        invalid(message, JSONRPC_INVALID_REQUEST, "\"jsonrpc\" is not \"2.0\"");
    } else if (bad_id) {
        invalid(message, JSONRPC_INVALID_REQUEST, "\"id\" is no integer, string or null");
    } else if (method == NULL) {
        if (id != NULL && (message->result != NULL || message->error != NULL))
            message->kind = JSONRPC_RESPONSE;
        else
            invalid(message, JSONRPC_INVALID_REQUEST, "\"method\" is missing");
    } else if (!json_is_string(method) ||
               strlen(json_string_value(method)) != json_string_length(method)) {
        invalid(message, JSONRPC_INVALID_REQUEST, "\"method\" is no string");
    } else {
        bool structured = json_is_object(params) || json_is_array(params);
        message->method = json_string_value(method);
        message->params = structured ? params : NULL;
        message->bad_params = params != NULL && !structured && !json_is_null(params);
        message->kind = id != NULL ? JSONRPC_REQUEST : JSONRPC_NOTIFICATION;
    }
}

void jsonrpc_release(struct jsonrpc_message *message) {
    json_decref(message->root);
    memset(message, 0, sizeof *message);
}

/* ---- writing -------------------------------------------------------------------------------- */

json_t *jsonrpc_request(json_int_t id, const char *method, json_t *params) {
    return json_pack("{s:s, s:I, s:s, s:o*}", "jsonrpc", "2.0", "id", id, "method", method,
                     "params", params);
}

json_t *jsonrpc_notification(const char *method, json_t *params) {
    return json_pack("{s:s, s:s, s:o*}", "jsonrpc", "2.0", "method", method, "params", params);
}

json_t *jsonrpc_result(json_t *id, json_t *result) {
    return json_pack("{s:s, s:O?, s:o?}", "jsonrpc", "2.0", "id", id, "result", result);
}

json_t *jsonrpc_error(json_t *id, enum jsonrpc_code code, const char *text) {
    return json_pack("{s:s, s:O?, s:{s:i, s:s}}", "jsonrpc", "2.0", "id", id, "error", "code",
                     (int)code, "message", text);
}

char *jsonrpc_frame(const json_t *message, size_t *length) {
    char *body = json_dumps(message, JSON_COMPACT);
    if (body == NULL) return NULL;
    size_t n = strlen(body);
    enum { HEADER = 48 };
    char *frame = malloc(n + HEADER);
    if (frame != NULL) {
        int header = snprintf(frame, HEADER, "Content-Length: %zu\r\n\r\n", n);
        memcpy(frame + header, body, n);
        *length = (size_t)header + n;
    }
    free(body);
    return frame;
}
