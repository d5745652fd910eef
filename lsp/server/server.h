/* The language server: one client, one event loop, and what the features share.
 *
 * Everything here runs on the loop's thread and blocks on nothing. What a method does stands in the
 * file of its feature (lsp/server/features.h). */
#ifndef AERIE_LSP_SERVER_SERVER_H
#define AERIE_LSP_SERVER_SERVER_H

#include "lsp/document/store.h"
#include "lsp/rpc/connection.h"
#include "lsp/rpc/parent_watch.h"
#include "lsp/rpc/transport.h"
#include "lsp/server/client.h"
#include "lsp/server/engine_loader.h"
#include "lsp/server/mailbox.h"
#include "lsp/server/progress.h"
#include "lsp/settings.h"

#include <uv.h>

struct completion_job; /* lsp/server/completion_job.h */

enum trace { TRACE_OFF, TRACE_MESSAGES, TRACE_VERBOSE };

struct server {
    uv_loop_t *loop;
    struct transport *transport; /* NULL once closed */
    struct connection *connection;
    struct client client;
    enum trace trace;
    struct settings *settings;
    bool configured; /* the settings are known: a model may be loaded */
    bool stopping;
    int exit_status;

    struct document_store *documents;
    char **folders; /* [n_folders], paths of the workspace folders without a slash at the end */
    size_t n_folders;

    struct mailbox *mailbox;
    struct engine_loader *loader; /* NULL once stopped */
    uint64_t load_started_ns;
    struct progress progress;
    struct completion_job *jobs; /* oldest first */
    uv_timer_t patience;         /* runs while jobs wait for the model */

    uv_timer_t configuration_timeout;
    struct parent_watch *parents[2]; /* --clientProcessId, processId; NULL for none */
    uv_signal_t signals[3];
};

enum server_transport { SERVER_STDIO, SERVER_PIPE, SERVER_SOCKET, SERVER_FILES };

struct server_options {
    enum server_transport transport;
    const char *pipe;          /* SERVER_PIPE: path of the client's socket */
    int port;                  /* SERVER_SOCKET: on 127.0.0.1 */
    int input, output;         /* SERVER_FILES: descriptors; pipes and sockets are taken over */
    int64_t client_process;    /* ends with this process; 0 for none */
    size_t message_limit;      /* bytes, 0 for the default */
    struct settings *settings; /* with environment and flags; borrowed */
    bool catch_signals;        /* SIGTERM, SIGINT and SIGHUP end the session in order */
};

/* Serves one client until it says exit, goes away or its process ends. Returns the exit status, 0
 * only after an orderly shutdown; -1 if it could not begin: ERROR_IO, ERROR_MEMORY, ERROR_ARGUMENT.
 */
int server_run(const struct server_options *options, struct error *err);

/* Ends the session: cancels everything, and leaves once nothing is under way any more. */
void server_stop(struct server *self, int exit_status);

/* The settings may have changed: puts them in force. */
void server_apply_settings(struct server *self);

/* Waits for the client's configuration before the first load, but not for longer than this. */
void server_expect_configuration(struct server *self, unsigned timeout_ms);

/* The settings are as complete as they will be soon: starts the first load. */
void server_configured(struct server *self);

/* Tells the user's log, if the level is wanted; stderr while there is no client. One line, never
 * text from a buffer. */
void server_log(struct server *self, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Shows the user an error. */
void server_show_error(struct server *self, const char *text);

/* A file's path as a person working in the workspace would write it; malloc'ed. */
char *server_display_path(const struct server *self, const char *uri);

/* Called by the jobs and the loader when they are gone, to end the session once all are. */
void server_finish_stop(struct server *self);

#endif
