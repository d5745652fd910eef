/* JSON-RPC 2.0 messages: what one body is, and how an answer looks. Knows no methods. */
#ifndef AERIE_LSP_RPC_JSONRPC_H
#define AERIE_LSP_RPC_JSONRPC_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

/* Error codes of JSON-RPC and of LSP 3.18. */
enum jsonrpc_code {
    JSONRPC_PARSE_ERROR = -32700,
    JSONRPC_INVALID_REQUEST = -32600,
    JSONRPC_METHOD_NOT_FOUND = -32601,
    JSONRPC_INVALID_PARAMS = -32602,
    JSONRPC_INTERNAL_ERROR = -32603,
    JSONRPC_SERVER_NOT_INITIALIZED = -32002,
    JSONRPC_REQUEST_CANCELLED = -32800,
    JSONRPC_CONTENT_MODIFIED = -32801,
};

enum jsonrpc_kind { JSONRPC_REQUEST, JSONRPC_NOTIFICATION, JSONRPC_RESPONSE, JSONRPC_INVALID };

/* One message. Everything but `root` is borrowed from it. */
struct jsonrpc_message {
    enum jsonrpc_kind kind;
    json_t *root;       /* NULL where the body is no JSON */
    json_t *id;         /* number, string or null; NULL where there is none that can be used */
    const char *method; /* request, notification */
    json_t *params;     /* object or array; NULL where absent, null or anything else */
    bool bad_params;    /* they were something else */
    json_t *result;     /* response: one of the two is set */
    json_t *error;
    enum jsonrpc_code code; /* invalid: what to answer */
    char reason[200];       /* invalid: why; no text of the message itself */
};

/* Takes a body apart. Always sets *message, which must be released. An escaped surrogate without
 * its other half (an editor may hold one in a broken file) is read as U+FFFD, one UTF-16 unit as
 * well. */
void jsonrpc_parse(struct jsonrpc_message *message, const char *body, size_t length);
void jsonrpc_release(struct jsonrpc_message *message);

/* Whole messages. Each steals the references in `params`, `result`; `id` is borrowed (NULL for
 * null). NULL where memory is out. */
json_t *jsonrpc_request(json_int_t id, const char *method, json_t *params);
json_t *jsonrpc_notification(const char *method, json_t *params);
json_t *jsonrpc_result(json_t *id, json_t *result);
json_t *jsonrpc_error(json_t *id, enum jsonrpc_code code, const char *text);

/* A message as bytes on the wire, header included; malloc'ed. NULL where memory is out. */
char *jsonrpc_frame(const json_t *message, size_t *length);

#endif
