/* Whole sessions: the server on a thread of its own behind a socket, with a small model of random
 * weights. What it completes makes no sense; that and when it answers does. */
#include "lsp/rpc/framing.h"
#include "lsp/rpc/jsonrpc.h"
#include "lsp/server/server.h"
#include "tests/support/random_gguf.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char model_path[] = "/tmp/aerie-session-XXXXXX";

/* ---- a client ------------------------------------------------------------------------------- */

struct session {
    pthread_t thread;
    struct server_options options;
    int status; /* of server_run */
    int fd;     /* our end */
    struct framing *framing;
    json_t *received; /* array of all messages */
    char *out;        /* what is not yet written */
    size_t out_length;
};

static void *serve(void *user) {
    struct session *session = user;
    struct error err = ERROR_INIT;
    session->status = server_run(&session->options, &err);
    return NULL;
}

static void begin(struct session *session, const char *model) {
    *session = (struct session){0};
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    session->fd = ends[0];
    session->options = (struct server_options){
        .transport = SERVER_FILES, .input = ends[1], .output = dup(ends[1])};
    session->options.settings = settings_create(NULL);
    json_t *flags = json_pack("{s:s, s:i, s:i}", "model", model, "threads", 1, "maxTokens", 24);
    settings_set(session->options.settings, SETTINGS_INITIALIZATION, flags);
    settings_set(session->options.settings, SETTINGS_ENVIRONMENT, flags);
    json_decref(flags);
    session->framing = framing_create(0, NULL);
    session->received = json_array();
}

static void start(struct session *session) {
    assert_int_equal(pthread_create(&session->thread, NULL, serve, session), 0);
}

/* The message is written by the next flush: several together come out of one read. */
static void queue(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void queue(struct session *session, const char *format, ...) {
    char body[4096], frame[4200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(body, sizeof body, format, arguments);
    va_end(arguments);
    int n = snprintf(frame, sizeof frame, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
    session->out = realloc(session->out, session->out_length + (size_t)n);
    assert_non_null(session->out);
    memcpy(session->out + session->out_length, frame, (size_t)n);
    session->out_length += (size_t)n;
}

static void flush(struct session *session) {
    size_t written = 0;
    while (written < session->out_length) {
        ssize_t n =
            send(session->fd, session->out + written, session->out_length - written, MSG_NOSIGNAL);
        if (n <= 0) break; /* the server is gone: the test sees it by what does not come */
        written += (size_t)n;
    }
    session->out_length = 0;
}

static json_t *string_of(const json_t *message, const char *key, const char *text) {
    const char *value = json_string_value(json_object_get(message, key));
    return value != NULL && strcmp(value, text) == 0 ? json_object_get(message, key) : NULL;
}

/* Reads once; false at the end of the stream. */
static bool receive(struct session *session) {
    char bytes[65536];
    struct pollfd ready = {session->fd, POLLIN, 0};
    assert_int_equal(poll(&ready, 1, 120000), 1); /* a server that hangs must not hang the test */
    ssize_t n = read(session->fd, bytes, sizeof bytes);
    if (n <= 0) return false;
    assert_true(framing_feed(session->framing, bytes, (size_t)n, NULL));
    const char *body;
    size_t length;
    while (framing_next(session->framing, &body, &length, NULL) == FRAMING_MESSAGE) {
        json_t *message = json_loadb(body, length, 0, NULL);
        assert_non_null(message);
        json_array_append_new(session->received, message);
        /* A good client answers what it is asked. */
        json_t *id = json_object_get(message, "id");
        if (id != NULL && json_object_get(message, "method") != NULL)
            queue(session, "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"result\":null}",
                  (long long)json_integer_value(id));
    }
    flush(session);
    return true;
}

static json_t *find_answer(struct session *session, int id) {
    size_t i;
    json_t *message, *found = NULL;
    json_array_foreach(session->received, i, message) {
        if (json_object_get(message, "method") != NULL ||
            json_integer_value(json_object_get(message, "id")) != id)
            continue;
        assert_null(found); /* nobody is answered twice */
        found = message;
    }
    return found;
}

/* The answer to one request, borrowed. */
static json_t *answer(struct session *session, int id) {
    flush(session);
    json_t *found;
    while ((found = find_answer(session, id)) == NULL)
        assert_true(receive(session));
    return found;
}

static long long code_of(const json_t *message) {
    return json_integer_value(json_object_get(json_object_get(message, "error"), "code"));
}

static json_t *items_of(const json_t *message) {
    json_t *items = json_object_get(json_object_get(message, "result"), "items");
    assert_true(json_is_array(items));
    return items;
}

static size_t count(struct session *session, const char *method) {
    size_t n = 0, i;
    json_t *message;
    json_array_foreach(session->received, i, message) n +=
        string_of(message, "method", method) != NULL;
    return n;
}

/* Waits for the server to end and returns its exit status. */
static int end(struct session *session) {
    flush(session);
    while (receive(session))
        ;
    pthread_join(session->thread, NULL);
    close(session->fd);
    settings_free(session->options.settings);
    framing_free(session->framing);
    json_decref(session->received);
    free(session->out);
    return session->status;
}

#define HEAD "{\"jsonrpc\":\"2.0\","

static void initialize(struct session *session, const char *capabilities) {
    queue(session,
          HEAD "\"id\":0,\"method\":\"initialize\",\"params\":{\"processId\":null,"
               "\"capabilities\":%s}}",
          capabilities);
    queue(session, HEAD "\"method\":\"initialized\",\"params\":{}}");
    assert_non_null(json_object_get(answer(session, 0), "result"));
}

static void open_document(struct session *session, const char *uri) {
    queue(session,
          HEAD
          "\"method\":\"textDocument/didOpen\",\"params\":{\"textDocument\":{\"uri\":\"%s\","
          "\"languageId\":\"python\",\"version\":1,\"text\":\"def add(a, b):\\n    return \"}}}",
          uri);
}

static void ask(struct session *session, int id, const char *method, const char *uri) {
    queue(session,
          HEAD
          "\"id\":%d,\"method\":\"textDocument/%s\",\"params\":{\"textDocument\":{\"uri\":\"%s\"},"
          "\"position\":{\"line\":1,\"character\":11}}}",
          id, method, uri);
}

static void edit(struct session *session, const char *uri, int version) {
    queue(session,
          HEAD "\"method\":\"textDocument/didChange\",\"params\":{\"textDocument\":{\"uri\":\"%s\","
               "\"version\":%d},\"contentChanges\":[{\"range\":{\"start\":{\"line\":0,"
               "\"character\":0},\"end\":{\"line\":0,\"character\":0}},\"text\":\"#\"}]}}",
          uri, version);
}

static void say_goodbye(struct session *session) {
    queue(session, HEAD "\"id\":-1,\"method\":\"shutdown\"}");
    queue(session, HEAD "\"method\":\"exit\"}");
}

/* A session whose model is there. */
static void begin_ready(struct session *session) {
    begin(session, model_path);
    start(session);
    initialize(session, "{}");
    open_document(session, "file:///warm.py");
    ask(session, 1, "inlineCompletion", "file:///warm.py");
    assert_non_null(items_of(answer(session, 1)));
    assert_int_equal(count(session, "window/showMessage"), 0);
}

/* ---- beginning and ending ------------------------------------------------------------------- */

static void shutdown_and_exit_end_with_status_0(void **state) {
    (void)state;
    struct session session;
    begin(&session, "/nonexistent.gguf");
    start(&session);
    initialize(&session, "{}");
    say_goodbye(&session);
    assert_int_equal(end(&session), 0);
}

static void the_end_of_input_ends_with_status_1(void **state) {
    (void)state;
    struct session session;
    begin(&session, "/nonexistent.gguf");
    start(&session);
    initialize(&session, "{}");
    shutdown(session.fd, SHUT_WR);
    assert_int_equal(end(&session), 1);
}

static void what_is_open_when_the_input_ends_is_still_answered(void **state) {
    (void)state;
    struct session session;
    begin(&session, model_path);
    start(&session);
    initialize(&session, "{}");
    open_document(&session, "file:///a.py");
    ask(&session, 1, "inlineCompletion", "file:///a.py");
    flush(&session);
    shutdown(session.fd, SHUT_WR);
    assert_non_null(answer(&session, 1));
    assert_int_equal(end(&session), 1);
}

static void the_end_of_input_after_shutdown_ends_with_status_0(void **state) {
    (void)state;
    struct session session;
    begin(&session, "/nonexistent.gguf");
    start(&session);
    initialize(&session, "{}");
    queue(&session, HEAD "\"id\":2,\"method\":\"shutdown\"}");
    answer(&session, 2);
    shutdown(session.fd, SHUT_WR);
    assert_int_equal(end(&session), 0);
}

static void exit_while_the_model_loads_leaves_at_once(void **state) {
    (void)state;
    struct session session;
    begin(&session, model_path);
    start(&session);
    initialize(&session, "{}");
    say_goodbye(&session);
    assert_int_equal(end(&session), 0);
}

static void the_death_of_the_clients_process_ends_the_session(void **state) {
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    struct session session;
    begin(&session, "/nonexistent.gguf");
    session.options.client_process = pid;
    start(&session);
    initialize(&session, "{}");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(end(&session), 1);
}

static void plain_files_can_be_the_two_ends(void **state) {
    (void)state;
    char in[] = "/tmp/aerie-in-XXXXXX", out[] = "/tmp/aerie-out-XXXXXX";
    int input = mkstemp(in), output = mkstemp(out);
    struct session session;
    begin(&session, "/nonexistent.gguf");
    close(session.options.input);
    close(session.options.output);
    queue(&session, HEAD "\"id\":0,\"method\":\"initialize\",\"params\":{\"capabilities\":{}}}");
    for (int id = 1; id < 50; id++)
        queue(&session, HEAD "\"id\":%d,\"method\":\"no/such\"}", id);
    say_goodbye(&session);
    assert_int_equal(write(input, session.out, session.out_length), (ssize_t)session.out_length);
    session.out_length = 0;
    assert_int_equal(lseek(input, 0, SEEK_SET), 0);
    session.options.input = input;
    session.options.output = output;
    start(&session);
    pthread_join(session.thread, NULL);
    assert_int_equal(session.status, 0);
    close(session.fd);
    session.fd = open(out, O_RDONLY);
    for (int id = 1; id < 50; id++)
        assert_int_equal(code_of(answer(&session, id)), -32601);
    assert_non_null(answer(&session, -1));
    close(session.fd);
    close(input);
    close(output);
    unlink(in);
    unlink(out);
    settings_free(session.options.settings);
    framing_free(session.framing);
    json_decref(session.received);
    free(session.out);
}

static void a_client_that_reads_late_gets_everything(void **state) {
    (void)state;
    struct session session;
    begin(&session, "/nonexistent.gguf");
    start(&session);
    initialize(&session, "{}");
    enum { N = 3000 }; /* the answers do not fit into the socket's buffer */
    for (int id = 1; id <= N; id++)
        queue(&session, HEAD "\"id\":%d,\"method\":\"no/such\"}", id);
    flush(&session);
    for (int id = N; id >= 1; id -= 500)
        assert_int_equal(code_of(answer(&session, id)), -32601);
    say_goodbye(&session);
    assert_int_equal(end(&session), 0);
}

/* ---- without a model ------------------------------------------------------------------------ */

static void without_a_model_there_is_one_message_and_empty_answers(void **state) {
    (void)state;
    struct session session;
    begin(&session, "/nonexistent.gguf");
    start(&session);
    initialize(&session, "{}");
    open_document(&session, "file:///a.py");
    for (int id = 1; id <= 10; id++) {
        ask(&session, id, id % 2 ? "inlineCompletion" : "completion", "file:///a.py");
        assert_int_equal(json_array_size(items_of(answer(&session, id))), 0);
    }
    assert_int_equal(count(&session, "window/showMessage"), 1);
    say_goodbye(&session);
    assert_int_equal(end(&session), 0);
}

/* ---- completions ---------------------------------------------------------------------------- */

static void a_newer_request_supersedes_the_older(void **state) {
    (void)state;
    struct session session;
    begin_ready(&session);
    enum { FIRST = 10, LAST = 30 };
    for (int id = FIRST; id <= LAST; id++)
        ask(&session, id, "inlineCompletion", "file:///warm.py");
    items_of(answer(&session, LAST));
    for (int id = FIRST; id < LAST; id++)
        assert_int_equal(code_of(answer(&session, id)), -32800);
    say_goodbye(&session);
    assert_int_equal(end(&session), 0);
}

static void other_documents_and_the_other_kind_are_not_superseded(void **state) {
    (void)state;
    struct session session;
    begin_ready(&session);
    open_document(&session, "file:///other.py");
    ask(&session, 10, "inlineCompletion", "file:///warm.py");
    ask(&session, 11, "inlineCompletion", "file:///other.py");
    ask(&session, 12, "completion", "file:///warm.py");
    for (int id = 10; id <= 12; id++)
        items_of(answer(&session, id));
    say_goodbye(&session);
    assert_int_equal(end(&session), 0);
}

static void an_edit_takes_back_the_question_about_the_older_text(void **state) {
    (void)state;
    struct session session;
    begin_ready(&session);
    ask(&session, 10, "inlineCompletion", "file:///warm.py");
    edit(&session, "file:///warm.py", 2);
    assert_int_equal(code_of(answer(&session, 10)), -32800);
    ask(&session, 11, "inlineCompletion", "file:///warm.py");
    items_of(answer(&session, 11));
    say_goodbye(&session);
    assert_int_equal(end(&session), 0);
}

static void closing_the_document_cancels_its_requests(void **state) {
    (void)state;
    struct session session;
    begin_ready(&session);
    ask(&session, 10, "inlineCompletion", "file:///warm.py");
    queue(&session,
          HEAD "\"method\":\"textDocument/didClose\",\"params\":{\"textDocument\":{\"uri\":"
               "\"file:///warm.py\"}}}");
    assert_int_equal(code_of(answer(&session, 10)), -32800);
    ask(&session, 11, "inlineCompletion", "file:///warm.py");
    assert_int_equal(json_array_size(items_of(answer(&session, 11))), 0);
    say_goodbye(&session);
    assert_int_equal(end(&session), 0);
}

static void a_cancelled_request_is_answered_and_the_next_one_served(void **state) {
    (void)state;
    struct session session;
    begin_ready(&session);
    ask(&session, 10, "completion", "file:///warm.py");
    queue(&session, HEAD "\"method\":\"$/cancelRequest\",\"params\":{\"id\":10}}");
    assert_int_equal(code_of(answer(&session, 10)), -32800);
    ask(&session, 11, "completion", "file:///warm.py");
    items_of(answer(&session, 11));
    say_goodbye(&session);
    assert_int_equal(end(&session), 0);
}

static void shutdown_answers_what_is_open(void **state) {
    (void)state;
    struct session session;
    begin_ready(&session);
    ask(&session, 10, "inlineCompletion", "file:///warm.py");
    queue(&session, HEAD "\"id\":11,\"method\":\"shutdown\"}");
    assert_int_equal(code_of(answer(&session, 10)), -32800);
    assert_true(json_is_null(json_object_get(answer(&session, 11), "result")));
    queue(&session, HEAD "\"method\":\"exit\"}");
    assert_int_equal(end(&session), 0);
}

static void a_client_that_vanishes_in_the_middle_leaves_nothing_running(void **state) {
    (void)state;
    struct session session;
    begin_ready(&session);
    ask(&session, 10, "inlineCompletion", "file:///warm.py");
    flush(&session);
    shutdown(session.fd, SHUT_RDWR);
    assert_int_equal(end(&session), 1);
}

/* ---- settings while it runs ----------------------------------------------------------------- */

static void push(struct session *session, const char *settings) {
    queue(session,
          HEAD "\"method\":\"workspace/didChangeConfiguration\",\"params\":{\"settings\":{"
               "\"aerie\":%s}}}",
          settings);
}

static void another_model_is_loaded_when_the_settings_name_one(void **state) {
    (void)state;
    struct session session;
    begin(&session, model_path);
    settings_set(session.options.settings, SETTINGS_ENVIRONMENT, NULL);
    start(&session);
    queue(&session,
          HEAD "\"id\":0,\"method\":\"initialize\",\"params\":{\"capabilities\":{},"
               "\"initializationOptions\":{\"model\":\"%s\",\"threads\":1,\"maxTokens\":24}}}",
          model_path);
    queue(&session, HEAD "\"method\":\"initialized\",\"params\":{}}");
    answer(&session, 0);
    open_document(&session, "file:///a.py");
    ask(&session, 1, "inlineCompletion", "file:///a.py");
    items_of(answer(&session, 1));
    /* One that is not there: said once, answers are empty. The request before it is let go. */
    ask(&session, 2, "inlineCompletion", "file:///a.py");
    push(&session, "{\"model\":\"/nonexistent.gguf\"}");
    ask(&session, 3, "inlineCompletion", "file:///a.py");
    answer(&session, 2);
    assert_int_equal(json_array_size(items_of(answer(&session, 3))), 0);
    while (count(&session, "window/showMessage") < 1)
        assert_true(receive(&session));
    /* And back: no further complaint, and the engine is a new one. */
    push(&session, "{}");
    ask(&session, 4, "inlineCompletion", "file:///a.py");
    items_of(answer(&session, 4));
    assert_int_equal(count(&session, "window/showMessage"), 1);
    say_goodbye(&session);
    assert_int_equal(end(&session), 0);
}

static void switching_off_ends_what_is_open_and_unloads(void **state) {
    (void)state;
    struct session session;
    begin_ready(&session);
    ask(&session, 10, "inlineCompletion", "file:///warm.py");
    push(&session, "{\"enable\":false}");
    assert_int_equal(json_array_size(items_of(answer(&session, 10))), 0);
    ask(&session, 11, "inlineCompletion", "file:///warm.py");
    assert_int_equal(json_array_size(items_of(answer(&session, 11))), 0);
    push(&session, "{\"enable\":true}");
    ask(&session, 12, "inlineCompletion", "file:///warm.py");
    items_of(answer(&session, 12));
    say_goodbye(&session);
    assert_int_equal(end(&session), 0);
}

static void an_unfit_setting_is_logged_once(void **state) {
    (void)state;
    struct session session;
    begin(&session, "/nonexistent.gguf");
    start(&session);
    initialize(&session, "{}");
    for (int i = 0; i < 3; i++)
        push(&session, "{\"temperature\":\"hot\"}");
    queue(&session, HEAD "\"id\":1,\"method\":\"no/such\"}");
    answer(&session, 1);
    size_t i, n = 0;
    json_t *message;
    json_array_foreach(session.received, i, message) {
        const char *text =
            json_string_value(json_object_get(json_object_get(message, "params"), "message"));
        n += text != NULL && strstr(text, "aerie.temperature") != NULL;
    }
    assert_int_equal(n, 1);
    say_goodbye(&session);
    assert_int_equal(end(&session), 0);
}

static void loading_is_shown_to_clients_that_want_it(void **state) {
    (void)state;
    struct session session;
    begin(&session, model_path);
    start(&session);
    initialize(&session, "{\"window\":{\"workDoneProgress\":true}}");
    open_document(&session, "file:///a.py");
    ask(&session, 1, "inlineCompletion", "file:///a.py");
    items_of(answer(&session, 1));
    assert_int_equal(count(&session, "window/workDoneProgress/create"), 1);
    say_goodbye(&session);
    assert_int_equal(end(&session), 0);
}

static void traces_are_sent_on_request(void **state) {
    (void)state;
    struct session session;
    begin(&session, "/nonexistent.gguf");
    start(&session);
    initialize(&session, "{}");
    queue(&session, HEAD "\"method\":\"$/setTrace\",\"params\":{\"value\":\"verbose\"}}");
    open_document(&session, "file:///a.py");
    ask(&session, 1, "completion", "file:///a.py");
    answer(&session, 1);
    queue(&session, HEAD "\"method\":\"$/setTrace\",\"params\":{\"value\":\"off\"}}");
    ask(&session, 2, "completion", "file:///a.py");
    answer(&session, 2);
    say_goodbye(&session);
    answer(&session, -1);
    assert_int_equal(count(&session, "$/logTrace"), 1);
    assert_int_equal(end(&session), 0);
}

static int make_model(void **state) {
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    int fd = mkstemp(model_path);
    if (fd < 0) return -1;
    close(fd);
    struct error err = ERROR_INIT;
    const struct random_gguf options = {
        .type = TENSOR_Q4_0, .tied = true, .fim = true, .seed = 1, .n_context = 1024};
    if (random_gguf_write(&options, model_path, &err)) return 0;
    print_error("%s\n", err.message);
    return -1;
}

static int remove_model(void **state) {
    (void)state;
    return unlink(model_path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shutdown_and_exit_end_with_status_0),
        cmocka_unit_test(the_end_of_input_ends_with_status_1),
        cmocka_unit_test(what_is_open_when_the_input_ends_is_still_answered),
        cmocka_unit_test(the_end_of_input_after_shutdown_ends_with_status_0),
        cmocka_unit_test(exit_while_the_model_loads_leaves_at_once),
        cmocka_unit_test(the_death_of_the_clients_process_ends_the_session),
        cmocka_unit_test(plain_files_can_be_the_two_ends),
        cmocka_unit_test(a_client_that_reads_late_gets_everything),
        cmocka_unit_test(without_a_model_there_is_one_message_and_empty_answers),
        cmocka_unit_test(a_newer_request_supersedes_the_older),
        cmocka_unit_test(other_documents_and_the_other_kind_are_not_superseded),
        cmocka_unit_test(an_edit_takes_back_the_question_about_the_older_text),
        cmocka_unit_test(closing_the_document_cancels_its_requests),
        cmocka_unit_test(a_cancelled_request_is_answered_and_the_next_one_served),
        cmocka_unit_test(shutdown_answers_what_is_open),
        cmocka_unit_test(a_client_that_vanishes_in_the_middle_leaves_nothing_running),
        cmocka_unit_test(another_model_is_loaded_when_the_settings_name_one),
        cmocka_unit_test(switching_off_ends_what_is_open_and_unloads),
        cmocka_unit_test(an_unfit_setting_is_logged_once),
        cmocka_unit_test(loading_is_shown_to_clients_that_want_it),
        cmocka_unit_test(traces_are_sent_on_request),
    };
    return cmocka_run_group_tests_name("session", tests, make_model, remove_model);
}
