/* One JSON-RPC conversation: bytes in, handlers called, bytes out.
 *
 * Keeps the table of requests that wait for our answer (so that `$/cancelRequest` finds them) and
 * the table of our own requests that wait for the client's. Checks the order of messages
 * (lifecycle.h) and answers what has no handler as JSON-RPC and LSP say. Not thread-safe; knows no
 * event loop. */
#ifndef AERIE_LSP_RPC_CONNECTION_H
#define AERIE_LSP_RPC_CONNECTION_H

#include "lsp/rpc/jsonrpc.h"
#include "lsp/rpc/lifecycle.h"

#include <stdint.h>

struct connection;
struct request; /* one from the client, not yet answered */

/* Who handles a method. `params` is borrowed; NULL, an object or an array. */
struct method {
    const char *name;
    /* Answers at once or later; NULL where the method is a notification. */
    void (*on_request)(void *server, struct request *request, json_t *params);
    /* NULL where the method is a request. */
    void (*on_notification)(void *server, json_t *params);
};

struct connection_options {
    size_t limit; /* longest message, 0 = FRAMING_DEFAULT_LIMIT */
    /* Takes a frame (malloc'ed; freed by the receiver) to the client. */
    void (*send)(void *user, char *frame, size_t length);
    /* Told about what was refused or not understood; one line without text of the message. */
    void (*on_trouble)(void *user, const char *text);
    /* Told after a request was answered, for traces: code 0 or the error's. May be NULL. */
    void (*on_answered)(void *user, const char *method, int code, uint64_t started_ns);
    void *user; /* the handlers' `server` as well */
};

/* NULL on failure: ERROR_MEMORY. */
struct connection *connection_create(const struct connection_options *options, struct error *err);

/* Drops every request without an answer (their on_cancel is called) and every one of our own (their
 * on_response is called with result and error NULL). NULL is fine. */
void connection_free(struct connection *self);

/* Adds `n` methods of a table that outlives the connection. ERROR_MEMORY. */
bool connection_add_methods(struct connection *self, const struct method *methods, size_t n,
                            struct error *err);

/* Bytes from the client, cut anywhere. Handlers run before this returns. ERROR_MEMORY: the
 * conversation cannot go on. A handler may stop the reading with connection_close. */
bool connection_receive(struct connection *self, const char *bytes, size_t length,
                        struct error *err);

/* Nothing is read or sent any more. */
void connection_close(struct connection *self);

enum lifecycle connection_lifecycle(const struct connection *self);
void connection_set_lifecycle(struct connection *self, enum lifecycle state);

/* ---- requests of the client ---------------------------------------------------------------- */

/* Answers, once, and forgets the request. `result` is stolen; NULL means JSON null. */
void request_answer(struct request *self, json_t *result);
void request_fail(struct request *self, enum jsonrpc_code code, const char *text);

/* Where the answer comes later: called when the client cancels the request, just after it was
 * answered -32800; the handle is then no longer valid. */
void request_on_cancel(struct request *self, void (*on_cancel)(void *user), void *user);

const char *request_method(const struct request *self);

/* Cancels every open request, as if the client had. */
void connection_cancel_all(struct connection *self);

/* ---- our own -------------------------------------------------------------------------------- */

/* `params` is stolen. Nothing is reported where memory is out: the message is lost. */
void connection_notify(struct connection *self, const char *method, json_t *params);

/* on_response (may be NULL) is called exactly once: with a result or an error (both borrowed), or
 * with neither where no answer came. */
void connection_request(struct connection *self, const char *method, json_t *params,
                        void (*on_response)(void *user, json_t *result, json_t *error), void *user);

#endif
