#include "lsp/rpc/connection.h"

#include "base/clock.h"
#include "lsp/rpc/framing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
    struct request *next;
    struct connection *connection;
    json_t *id;
    char *method;
    uint64_t started_ns;
    void (*on_cancel)(void *user);
    void *user;
};

/* One of our own requests. */
struct outgoing {
    struct outgoing *next;
    json_int_t id;
    void (*on_response)(void *user, json_t *result, json_t *error);
    void *user;
};

struct method_table {
    const struct method *methods;
    size_t n;
};

struct connection {
    struct connection_options options;
    struct framing *framing;
    struct method_table *tables; /* [n_tables] */
    size_t n_tables;
    struct request *requests; /* oldest first */
    struct outgoing *outgoing;
    json_int_t next_id;
    enum lifecycle lifecycle;
    bool closed;
};

struct connection *connection_create(const struct connection_options *options, struct error *err) {
    struct connection *self = calloc(1, sizeof *self);
    if (self == NULL) {
        error_set(err, ERROR_MEMORY, "no memory for a connection");
        return NULL;
    }
    self->options = *options;
    self->next_id = 1;
    self->framing = framing_create(options->limit, err);
    if (self->framing == NULL) {
        free(self);
        return NULL;
    }
    return self;
}

static void request_free(struct request *request) {
    json_decref(request->id);
    free(request->method);
    free(request);
}

void connection_free(struct connection *self) {
    if (self == NULL) return;
    self->closed = true;
    while (self->requests != NULL) {
        struct request *request = self->requests;
        self->requests = request->next;
        if (request->on_cancel != NULL) request->on_cancel(request->user);
        request_free(request);
    }
    while (self->outgoing != NULL) {
        struct outgoing *outgoing = self->outgoing;
        self->outgoing = outgoing->next;
        if (outgoing->on_response != NULL) outgoing->on_response(outgoing->user, NULL, NULL);
        free(outgoing);
    }
    framing_free(self->framing);
    free(self->tables);
    free(self);
}

bool connection_add_methods(struct connection *self, const struct method *methods, size_t n,
                            struct error *err) {
    struct method_table *grown = realloc(self->tables, (self->n_tables + 1) * sizeof *grown);
    if (grown == NULL) return error_set(err, ERROR_MEMORY, "no memory for the method table");
    self->tables = grown;
    self->tables[self->n_tables++] = (struct method_table){methods, n};
    return true;
}

void connection_close(struct connection *self) {
    self->closed = true;
}
enum lifecycle connection_lifecycle(const struct connection *self) {
    return self->lifecycle;
}
void connection_set_lifecycle(struct connection *self, enum lifecycle state) {
    self->lifecycle = state;
}

/* ---- sending -------------------------------------------------------------------------------- */

static void trouble(struct connection *self, const char *text) {
    if (self->options.on_trouble != NULL) self->options.on_trouble(self->options.user, text);
}

/* Steals `message`. */
static void send_message(struct connection *self, json_t *message) {
    if (message == NULL || self->closed) {
        json_decref(message);
        return;
    }
    size_t length = 0;
    char *frame = jsonrpc_frame(message, &length);
    json_decref(message);
    if (frame != NULL) self->options.send(self->options.user, frame, length);
}

void connection_notify(struct connection *self, const char *method, json_t *params) {
    send_message(self, jsonrpc_notification(method, params));
}

void connection_request(struct connection *self, const char *method, json_t *params,
                        void (*on_response)(void *user, json_t *result, json_t *error),
                        void *user) {
    struct outgoing *outgoing = self->closed ? NULL : calloc(1, sizeof *outgoing);
    if (outgoing == NULL) {
        json_decref(params);
        if (on_response != NULL) on_response(user, NULL, NULL);
        return;
    }
    *outgoing = (struct outgoing){self->outgoing, self->next_id++, on_response, user};
    self->outgoing = outgoing;
    send_message(self, jsonrpc_request(outgoing->id, method, params));
}

/* ---- requests of the client ---------------------------------------------------------------- */

static void unlink_request(struct request *request) {
    struct request **at = &request->connection->requests;
    while (*at != NULL && *at != request)
        at = &(*at)->next;
    if (*at != NULL) *at = request->next;
}

static void finish(struct request *request, json_t *message, int code) {
    struct connection *connection = request->connection;
    unlink_request(request);
    send_message(connection, message);
    if (connection->options.on_answered != NULL)
        connection->options.on_answered(connection->options.user, request->method, code,
                                        request->started_ns);
    request_free(request);
}

void request_answer(struct request *self, json_t *result) {
    finish(self, jsonrpc_result(self->id, result), 0);
}

void request_fail(struct request *self, enum jsonrpc_code code, const char *text) {
    finish(self, jsonrpc_error(self->id, code, text), (int)code);
}

void request_on_cancel(struct request *self, void (*on_cancel)(void *user), void *user) {
    self->on_cancel = on_cancel;
    self->user = user;
}

const char *request_method(const struct request *self) {
    return self->method;
}

/* The answer goes out before anything is stopped: the client waits for nothing but that. */
static void cancel(struct request *request) {
    void (*on_cancel)(void *user) = request->on_cancel;
    void *user = request->user;
    request_fail(request, JSONRPC_REQUEST_CANCELLED, "cancelled");
    if (on_cancel != NULL) on_cancel(user);
}

void connection_cancel_all(struct connection *self) {
    while (self->requests != NULL)
        cancel(self->requests);
}

static void on_cancel_request(struct connection *self, json_t *params) {
    json_t *id = json_object_get(params, "id");
    if (id == NULL) return;
    for (struct request *request = self->requests; request != NULL; request = request->next) {
        if (!json_equal(request->id, id)) continue;
        cancel(request);
        return;
    }
    /* Answered already: the two messages crossed on the wire. */
}

/* ---- dispatch ------------------------------------------------------------------------------- */

static const struct method *find_method(const struct connection *self, const char *name) {
    for (size_t i = 0; i < self->n_tables; i++)
        for (size_t j = 0; j < self->tables[i].n; j++)
            if (strcmp(self->tables[i].methods[j].name, name) == 0)
                return &self->tables[i].methods[j];
    return NULL;
}

/* False where we asked nothing with this id. */
static bool on_response(struct connection *self, const struct jsonrpc_message *message) {
    for (struct outgoing **at = &self->outgoing; *at != NULL; at = &(*at)->next) {
        struct outgoing *outgoing = *at;
        if (!json_is_integer(message->id) || json_integer_value(message->id) != outgoing->id)
            continue;
        *at = outgoing->next;
        if (outgoing->on_response != NULL)
            outgoing->on_response(outgoing->user, message->error != NULL ? NULL : message->result,
                                  message->error);
        free(outgoing);
        return true;
    }
    return false;
}

static void on_request(struct connection *self, const struct jsonrpc_message *message) {
    enum jsonrpc_code code;
    const char *text;
    if (lifecycle_admit(self->lifecycle, true, message->method, &code, &text) != LIFECYCLE_ADMIT) {
        send_message(self, jsonrpc_error(message->id, code, text));
        return;
    }
    const struct method *method = find_method(self, message->method);
    if (method == NULL || method->on_request == NULL) {
        send_message(self, jsonrpc_error(message->id, JSONRPC_METHOD_NOT_FOUND,
                                         "the server has no such method"));
        return;
    }
    if (message->bad_params) {
        send_message(self, jsonrpc_error(message->id, JSONRPC_INVALID_PARAMS,
                                         "params is no object or array"));
        return;
    }
    struct request *request = calloc(1, sizeof *request);
    char *name = strdup(message->method);
    if (request == NULL || name == NULL) {
        free(request);
        free(name);
        send_message(self, jsonrpc_error(message->id, JSONRPC_INTERNAL_ERROR, "out of memory"));
        return;
    }
    request->connection = self;
    request->id = json_incref(message->id);
    request->method = name;
    request->started_ns = clock_ns();
    struct request **end = &self->requests;
    while (*end != NULL)
        end = &(*end)->next;
    *end = request;
    method->on_request(self->options.user, request, message->params);
}

static void on_notification(struct connection *self, const struct jsonrpc_message *message) {
    enum jsonrpc_code code;
    const char *text;
    if (lifecycle_admit(self->lifecycle, false, message->method, &code, &text) != LIFECYCLE_ADMIT)
        return;
    if (strcmp(message->method, "$/cancelRequest") == 0) {
        on_cancel_request(self, message->params);
        return;
    }
    const struct method *method = find_method(self, message->method);
    if (method != NULL && method->on_notification != NULL)
        method->on_notification(self->options.user, message->params);
    /* Any other is ignored, with "$/" before its name or not: the client expects no answer. */
}

static void on_invalid(struct connection *self, const struct jsonrpc_message *message) {
    trouble(self, message->reason);
    /* Without a method it may be a lame answer to us; an error with that id would hit a request of
     * the client's own that happens to have the same number. */
    if (message->method == NULL && message->root != NULL && on_response(self, message)) return;
    send_message(self, jsonrpc_error(message->id, message->code, message->reason));
}

bool connection_receive(struct connection *self, const char *bytes, size_t length,
                        struct error *err) {
    if (self->closed) return true;
    if (!framing_feed(self->framing, bytes, length, err)) return false;
    while (!self->closed) {
        const char *body;
        size_t body_length;
        struct error refused = ERROR_INIT;
        switch (framing_next(self->framing, &body, &body_length, &refused)) {
        case FRAMING_NEED_MORE:
            return true;
        case FRAMING_REFUSED:
            trouble(self, refused.message);
            send_message(self,
                         jsonrpc_error(NULL,
                                       refused.code == ERROR_UNSUPPORTED ? JSONRPC_INVALID_REQUEST
                                                                         : JSONRPC_PARSE_ERROR,
                                       refused.message));
            continue;
        case FRAMING_MESSAGE:
            break;
        }
        struct jsonrpc_message message;
        jsonrpc_parse(&message, body, body_length);
        switch (message.kind) {
        case JSONRPC_REQUEST:
            on_request(self, &message);
            break;
        case JSONRPC_NOTIFICATION:
            on_notification(self, &message);
            break;
        case JSONRPC_RESPONSE:
            if (!on_response(self, &message))
                trouble(self, "a response to nothing we asked was ignored");
            break;
        case JSONRPC_INVALID:
            on_invalid(self, &message);
            break;
        }
        jsonrpc_release(&message);
    }
    return true;
}
