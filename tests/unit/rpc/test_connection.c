/* One conversation: order of messages, answers, cancellation. The stream is written as JSON lines;
 * ten lines of glue turn them into frames and the frames that come back into lines again. */
#include "lsp/rpc/connection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct peer {
    struct connection *connection;
    char sent[8192];      /* bodies we were sent, a line each */
    struct request *held; /* the request that `test/hold` left open */
    int cancelled;        /* calls of its on_cancel */
    int responses;        /* calls of on_response */
    char response[100];
    int troubles;
};

static void on_send(void *user, char *frame, size_t length) {
    struct peer *peer = user;
    const char *body = (const char *)memmem(frame, length, "\r\n\r\n", 4) + 4;
    size_t used = strlen(peer->sent);
    snprintf(peer->sent + used, sizeof peer->sent - used, "%.*s\n",
             (int)(length - (size_t)(body - frame)), body);
    free(frame);
}

static void on_trouble(void *user, const char *text) {
    struct peer *peer = user;
    assert_true(strlen(text) > 0);
    peer->troubles++;
}

static void on_cancel(void *user) {
    struct peer *peer = user;
    peer->cancelled++;
    peer->held = NULL;
}

static void on_initialize(void *user, struct request *request, json_t *params) {
    struct peer *peer = user;
    (void)params;
    connection_set_lifecycle(peer->connection, LIFECYCLE_RUNNING);
    request_answer(request, json_object());
}

static void on_shutdown(void *user, struct request *request, json_t *params) {
    struct peer *peer = user;
    (void)params;
    connection_set_lifecycle(peer->connection, LIFECYCLE_SHUTDOWN);
    request_answer(request, NULL);
}

static void on_exit_(void *user, json_t *params) {
    struct peer *peer = user;
    (void)params;
    connection_close(peer->connection);
}

static void on_echo(void *user, struct request *request, json_t *params) {
    (void)user;
    request_answer(request, json_incref(params));
}

static void on_hold(void *user, struct request *request, json_t *params) {
    struct peer *peer = user;
    (void)params;
    peer->held = request;
    request_on_cancel(request, on_cancel, peer);
}

static void on_note(void *user, json_t *params) {
    struct peer *peer = user;
    connection_notify(peer->connection, "test/noted", json_incref(params));
}

static const struct method methods[] = {
    {"initialize", on_initialize, NULL},
    {"shutdown", on_shutdown, NULL},
    {"exit", NULL, on_exit_},
    {"test/echo", on_echo, NULL},
    {"test/hold", on_hold, NULL},
    {"test/note", NULL, on_note},
};

static void start(struct peer *peer) {
    memset(peer, 0, sizeof *peer);
    const struct connection_options options = {
        .limit = 1000, .send = on_send, .on_trouble = on_trouble, .user = peer};
    peer->connection = connection_create(&options, NULL);
    assert_non_null(peer->connection);
    assert_true(
        connection_add_methods(peer->connection, methods, sizeof methods / sizeof *methods, NULL));
}

static void stop(struct peer *peer) {
    connection_free(peer->connection);
}

static void receive(struct peer *peer, const char *body) {
    char frame[2048];
    int n = snprintf(frame, sizeof frame, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
    assert_true(connection_receive(peer->connection, frame, (size_t)n, NULL));
}

/* What was sent since the last call. */
static void assert_sent(struct peer *peer, const char *expected) {
    assert_string_equal(peer->sent, expected);
    peer->sent[0] = '\0';
}

#define REQUEST(id, method) "{\"jsonrpc\":\"2.0\",\"id\":" #id ",\"method\":\"" method "\"}"
#define NOTE(method)        "{\"jsonrpc\":\"2.0\",\"method\":\"" method "\",\"params\":[1]}"
#define CANCEL(id)                                                                                 \
    "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":" #id "}}"
#define RESULT(id, value) "{\"jsonrpc\":\"2.0\",\"id\":" #id ",\"result\":" value "}\n"
#define FAILURE(id, code, text)                                                                    \
    "{\"jsonrpc\":\"2.0\",\"id\":" #id ",\"error\":{\"code\":" #code ",\"message\":\"" text "\"}}" \
    "\n"

static void start_initialized(struct peer *peer) {
    start(peer);
    receive(peer, REQUEST(0, "initialize"));
    assert_sent(peer, RESULT(0, "{}"));
}

static void before_initialize_requests_wait_and_notifications_are_dropped(void **state) {
    (void)state;
    struct peer peer;
    start(&peer);
    receive(&peer, REQUEST(1, "test/echo"));
    assert_sent(&peer, FAILURE(1, -32002, "the server waits for initialize"));
    receive(&peer, REQUEST(2, "no/such"));
    assert_sent(&peer, FAILURE(2, -32002, "the server waits for initialize"));
    receive(&peer, NOTE("test/note"));
    assert_sent(&peer, "");
    receive(&peer, REQUEST(3, "initialize"));
    assert_sent(&peer, RESULT(3, "{}"));
    receive(&peer, NOTE("test/note"));
    assert_sent(&peer, "{\"jsonrpc\":\"2.0\",\"method\":\"test/noted\",\"params\":[1]}\n");
    stop(&peer);
}

static void a_second_initialize_is_an_invalid_request(void **state) {
    (void)state;
    struct peer peer;
    start_initialized(&peer);
    receive(&peer, REQUEST(1, "initialize"));
    assert_sent(&peer, FAILURE(1, -32600, "the server is initialized already"));
    stop(&peer);
}

static void after_shutdown_only_exit_counts(void **state) {
    (void)state;
    struct peer peer;
    start_initialized(&peer);
    receive(&peer, REQUEST(1, "shutdown"));
    assert_sent(&peer, RESULT(1, "null"));
    receive(&peer, REQUEST(2, "test/echo"));
    receive(&peer, REQUEST(3, "shutdown"));
    receive(&peer, REQUEST(4, "initialize"));
    receive(&peer, NOTE("test/note"));
    assert_sent(&peer, FAILURE(2, -32600, "the server is shut down")
                           FAILURE(3, -32600, "the server is shut down")
                               FAILURE(4, -32600, "the server is shut down"));
    receive(&peer, NOTE("exit"));
    receive(&peer, REQUEST(5, "test/echo"));
    assert_sent(&peer, "");
    stop(&peer);
}

static void exit_is_heard_before_initialize(void **state) {
    (void)state;
    struct peer peer;
    start(&peer);
    receive(&peer, NOTE("exit"));
    receive(&peer, REQUEST(1, "initialize"));
    assert_sent(&peer, "");
    assert_int_equal(lifecycle_exit_status(connection_lifecycle(peer.connection)), 1);
    stop(&peer);
}

static void the_exit_status_is_0_only_after_shutdown(void **state) {
    (void)state;
    assert_int_equal(lifecycle_exit_status(LIFECYCLE_STARTED), 1);
    assert_int_equal(lifecycle_exit_status(LIFECYCLE_RUNNING), 1);
    assert_int_equal(lifecycle_exit_status(LIFECYCLE_SHUTDOWN), 0);
}

static void what_has_no_handler_is_answered_or_ignored(void **state) {
    (void)state;
    struct peer peer;
    start_initialized(&peer);
    receive(&peer, REQUEST(1, "no/such"));
    receive(&peer, REQUEST(2, "$/no/such"));
    receive(&peer, REQUEST(3, "test/note"));
    assert_sent(&peer, FAILURE(1, -32601, "the server has no such method")
                           FAILURE(2, -32601, "the server has no such method")
                               FAILURE(3, -32601, "the server has no such method"));
    receive(&peer, NOTE("no/such"));
    receive(&peer, NOTE("$/no/such"));
    receive(&peer, NOTE("test/echo"));
    assert_sent(&peer, "");
    stop(&peer);
}

static void params_that_are_no_structure_are_invalid(void **state) {
    (void)state;
    struct peer peer;
    start_initialized(&peer);
    receive(&peer, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test/echo\",\"params\":7}");
    assert_sent(&peer, FAILURE(1, -32602, "params is no object or array"));
    stop(&peer);
}

static void malformed_messages_are_answered_and_the_next_one_is_served(void **state) {
    (void)state;
    struct peer peer;
    start_initialized(&peer);
    receive(&peer, "nonsense");
    assert_non_null(strstr(peer.sent, "\"id\":null,\"error\":{\"code\":-32700"));
    peer.sent[0] = '\0';
    receive(&peer, "[]");
    assert_non_null(strstr(peer.sent, "\"id\":null,\"error\":{\"code\":-32600"));
    peer.sent[0] = '\0';
    char big[1200];
    snprintf(big, sizeof big, "%01100d", 7);
    receive(&peer, big); /* over the limit of 1000 */
    assert_non_null(strstr(peer.sent, "\"id\":null,\"error\":{\"code\":-32600"));
    assert_int_equal(peer.troubles, 3);
    peer.sent[0] = '\0';
    receive(&peer, REQUEST(9, "test/echo"));
    assert_sent(&peer, RESULT(9, "null"));
    stop(&peer);
}

static void a_cancelled_request_is_answered_at_once_and_only_once(void **state) {
    (void)state;
    struct peer peer;
    start_initialized(&peer);
    receive(&peer, REQUEST("a", "test/hold"));
    assert_sent(&peer, "");
    receive(&peer, CANCEL("b"));
    assert_int_equal(peer.cancelled, 0);
    receive(&peer, CANCEL("a"));
    assert_sent(&peer, FAILURE("a", -32800, "cancelled"));
    assert_int_equal(peer.cancelled, 1);
    receive(&peer, CANCEL("a"));
    assert_sent(&peer, "");
    assert_int_equal(peer.cancelled, 1);
    stop(&peer);
}

static void an_id_is_cancelled_by_its_value_and_type(void **state) {
    (void)state;
    struct peer peer;
    start_initialized(&peer);
    receive(&peer, REQUEST(1, "test/hold"));
    receive(&peer, CANCEL("1"));
    assert_sent(&peer, "");
    receive(&peer, CANCEL(1));
    assert_sent(&peer, FAILURE(1, -32800, "cancelled"));
    stop(&peer);
}

static void a_cancel_that_comes_too_late_does_nothing(void **state) {
    (void)state;
    struct peer peer;
    start_initialized(&peer);
    receive(&peer, REQUEST(1, "test/hold"));
    request_answer(peer.held, json_true());
    assert_sent(&peer, RESULT(1, "true"));
    receive(&peer, CANCEL(1));
    assert_sent(&peer, "");
    assert_int_equal(peer.cancelled, 0);
    stop(&peer);
}

static void cancelling_without_an_id_is_ignored(void **state) {
    (void)state;
    struct peer peer;
    start_initialized(&peer);
    receive(&peer, REQUEST(1, "test/hold"));
    receive(&peer, "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\"}");
    receive(&peer, "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":[1]}");
    assert_sent(&peer, "");
    connection_cancel_all(peer.connection);
    assert_sent(&peer, FAILURE(1, -32800, "cancelled"));
    stop(&peer);
}

static void an_open_request_is_told_when_the_connection_ends(void **state) {
    (void)state;
    struct peer peer;
    start_initialized(&peer);
    receive(&peer, REQUEST(1, "test/hold"));
    stop(&peer);
    assert_int_equal(peer.cancelled, 1);
    assert_string_equal(peer.sent, "");
}

static void on_response(void *user, json_t *result, json_t *error) {
    struct peer *peer = user;
    peer->responses++;
    char *text = json_dumps(result != NULL ? result : error, JSON_ENCODE_ANY | JSON_COMPACT);
    snprintf(peer->response, sizeof peer->response, "%s %s",
             result != NULL  ? "result"
             : error != NULL ? "error"
                             : "nothing",
             text != NULL ? text : "");
    free(text);
}

static void our_own_requests_get_their_responses(void **state) {
    (void)state;
    struct peer peer;
    start_initialized(&peer);
    connection_request(peer.connection, "client/one", NULL, on_response, &peer);
    connection_request(peer.connection, "client/two", json_array(), on_response, &peer);
    assert_sent(&peer, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"client/one\"}\n"
                       "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"client/two\",\"params\":[]}\n");
    receive(&peer, "{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":1,\"message\":\"no\"}}");
    assert_string_equal(peer.response, "error {\"code\":1,\"message\":\"no\"}");
    receive(&peer, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[5]}");
    assert_string_equal(peer.response, "result [5]");
    receive(&peer, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[6]}");
    assert_int_equal(peer.responses, 2);
    assert_int_equal(peer.troubles, 1);
    assert_sent(&peer, "");
    stop(&peer);
}

static void a_lame_response_counts_as_none(void **state) {
    (void)state;
    struct peer peer;
    start_initialized(&peer);
    connection_request(peer.connection, "client/one", NULL, on_response, &peer);
    peer.sent[0] = '\0';
    receive(&peer, "{\"jsonrpc\":\"2.0\",\"id\":1}");
    assert_string_equal(peer.response, "nothing ");
    assert_sent(&peer, ""); /* an error with id 1 would hit the client's own request 1 */
    stop(&peer);
}

static void a_request_nobody_answers_ends_with_the_connection(void **state) {
    (void)state;
    struct peer peer;
    start_initialized(&peer);
    connection_request(peer.connection, "client/one", NULL, on_response, &peer);
    stop(&peer);
    assert_int_equal(peer.responses, 1);
    assert_string_equal(peer.response, "nothing ");
}

static void two_conversations_at_once_keep_to_themselves(void **state) {
    (void)state;
    struct peer one, two;
    start_initialized(&one);
    start(&two);
    receive(&two, REQUEST(1, "test/echo"));
    receive(&one, REQUEST(1, "test/hold"));
    assert_sent(&two, FAILURE(1, -32002, "the server waits for initialize"));
    assert_sent(&one, "");
    stop(&two);
    request_fail(one.held, JSONRPC_INTERNAL_ERROR, "why not");
    assert_sent(&one, FAILURE(1, -32603, "why not"));
    stop(&one);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_initialize_requests_wait_and_notifications_are_dropped),
        cmocka_unit_test(a_second_initialize_is_an_invalid_request),
        cmocka_unit_test(after_shutdown_only_exit_counts),
        cmocka_unit_test(exit_is_heard_before_initialize),
        cmocka_unit_test(the_exit_status_is_0_only_after_shutdown),
        cmocka_unit_test(what_has_no_handler_is_answered_or_ignored),
        cmocka_unit_test(params_that_are_no_structure_are_invalid),
        cmocka_unit_test(malformed_messages_are_answered_and_the_next_one_is_served),
        cmocka_unit_test(a_cancelled_request_is_answered_at_once_and_only_once),
        cmocka_unit_test(an_id_is_cancelled_by_its_value_and_type),
        cmocka_unit_test(a_cancel_that_comes_too_late_does_nothing),
        cmocka_unit_test(cancelling_without_an_id_is_ignored),
        cmocka_unit_test(an_open_request_is_told_when_the_connection_ends),
        cmocka_unit_test(our_own_requests_get_their_responses),
        cmocka_unit_test(a_lame_response_counts_as_none),
        cmocka_unit_test(a_request_nobody_answers_ends_with_the_connection),
        cmocka_unit_test(two_conversations_at_once_keep_to_themselves),
    };
    return cmocka_run_group_tests_name("connection", tests, NULL, NULL);
}
