/* Any byte stream through framing, JSON-RPC and a connection. The first byte of the input says into
 * pieces of which size the rest is cut; however it is cut, the same messages must come out. */
#include "lsp/rpc/connection.h"
#include "lsp/rpc/framing.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 4096 };

/* What came out, folded into one number (FNV-1a), and how many of each. */
struct outcome {
    uint64_t hash;
    size_t messages, refusals;
};

static void fold(struct outcome *outcome, const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        outcome->hash = (outcome->hash ^ (unsigned char)bytes[i]) * 1099511628211u;
}

static struct outcome cut(const char *bytes, size_t length, size_t piece) {
    struct outcome outcome = {14695981039346656037u, 0, 0};
    struct framing *framing = framing_create(LIMIT, NULL);
    if (framing == NULL) return outcome;
    for (size_t at = 0; at < length; at += piece) {
        size_t n = length - at < piece ? length - at : piece;
        if (!framing_feed(framing, bytes + at, n, NULL)) break;
        const char *body;
        size_t body_length;
        enum framing_event event;
        while ((event = framing_next(framing, &body, &body_length, NULL)) != FRAMING_NEED_MORE) {
            if (event == FRAMING_MESSAGE) {
                if (body_length > LIMIT) abort();
                outcome.messages++;
                fold(&outcome, body, body_length);
                fold(&outcome, "|", 1);
            } else {
                outcome.refusals++;
            }
        }
    }
    framing_free(framing);
    return outcome;
}

/* ---- a connection that answers everything --------------------------------------------------- */

static size_t answers;

static void on_send(void *user, char *frame, size_t length) {
    (void)user;
    /* Whatever comes in, what goes out is well formed. */
    const char *body = memmem(frame, length, "\r\n\r\n", 4);
    if (body == NULL) abort();
    body += 4;
    json_t *message = json_loadb(body, length - (size_t)(body - frame), 0, NULL);
    if (message == NULL || json_object_get(message, "jsonrpc") == NULL) abort();
    json_decref(message);
    free(frame);
    answers++;
}

static void on_request(void *user, struct request *request, json_t *params) {
    struct connection **connection = user;
    connection_set_lifecycle(*connection, LIFECYCLE_RUNNING);
    request_answer(request, json_incref(params));
}

static void on_hold(void *user, struct request *request, json_t *params) {
    (void)user, (void)params;
    request_on_cancel(request, NULL, NULL);
}

static const struct method methods[] = {
    {"initialize", on_request, NULL}, {"a", on_request, NULL}, {"hold", on_hold, NULL}};

static void converse(const char *bytes, size_t length) {
    struct connection *connection = NULL;
    const struct connection_options options = {
        .limit = LIMIT, .send = on_send, .user = &connection};
    connection = connection_create(&options, NULL);
    if (connection == NULL) return;
    if (connection_add_methods(connection, methods, sizeof methods / sizeof *methods, NULL)) {
        connection_request(connection, "client/ask", NULL, NULL, NULL);
        connection_receive(connection, bytes, length, NULL);
    }
    connection_free(connection);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    const char *bytes = (const char *)data + 1;
    size_t length = size - 1;
    struct outcome whole = cut(bytes, length, length + 1);
    struct outcome pieces = cut(bytes, length, (size_t)data[0] + 1);
    if (whole.hash != pieces.hash || whole.messages != pieces.messages ||
        whole.refusals != pieces.refusals)
        abort();

    struct jsonrpc_message message;
    jsonrpc_parse(&message, bytes, length);
    if (message.kind == JSONRPC_INVALID && message.reason[0] == '\0') abort();
    jsonrpc_release(&message);
    converse(bytes, length);
    return 0;
}
