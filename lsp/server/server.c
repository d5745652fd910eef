#include "lsp/server/server.h"

#include "base/clock.h"
#include "lsp/server/completion_job.h"
#include "lsp/server/features.h"
#include "lsp/server/uri.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLOSE_GRACE_MS = 1000, /* for the last answers to leave */
    LOG_BACKLOG = 1 << 20, /* bytes waiting for the client, above which logs are dropped */
};

/* ---- telling the user ----------------------------------------------------------------------- */

void server_log(struct server *self, enum log_level level, const char *format, ...) {
    if ((int64_t)level > settings_values(self->settings)->log_level) return;
    char text[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (self->stopping || connection_lifecycle(self->connection) == LIFECYCLE_SHUTDOWN) return;
    if (connection_lifecycle(self->connection) == LIFECYCLE_STARTED) {
        fprintf(stderr, "aerie: %s\n", text);
        return;
    }
    if (transport_queued(self->transport) > LOG_BACKLOG) return;
    /* MessageType: 1 error, 2 warning, 3 info, 4 log. */
    connection_notify(self->connection, "window/logMessage",
                      json_pack("{s:i, s:s}", "type", (int)level, "message", text));
}

void server_show_error(struct server *self, const char *text) {
    if (connection_lifecycle(self->connection) != LIFECYCLE_RUNNING) return;
    connection_notify(self->connection, "window/showMessage",
                      json_pack("{s:i, s:s}", "type", 1, "message", text));
}

char *server_display_path(const struct server *self, const char *uri) {
    char *path = uri_path(uri);
    size_t best = 0; /* the innermost folder it lies in */
    for (size_t i = 0; path != NULL && i < self->n_folders; i++) {
        size_t length = strlen(self->folders[i]);
        if (length >= best && strncmp(path, self->folders[i], length) == 0 && path[length] == '/')
            best = length + 1;
    }
    if (best > 0) memmove(path, path + best, strlen(path + best) + 1);
    return path;
}

/* ---- settings and the model ----------------------------------------------------------------- */

static void on_unfit_setting(void *user, const char *message) {
    server_log(user, LOG_WARNING, "%s", message);
}

void server_apply_settings(struct server *self) {
    settings_merge(self->settings, on_unfit_setting, self);
    const struct settings_values *values = settings_values(self->settings);
    if (self->stopping) return;
    completion_job_settings_changed(self);
    if (!self->configured) return;
    engine_loader_want(self->loader,
                       values->enable
                           ? &(struct engine_choice){.model = values->model,
                                                     .backend = values->backend,
                                                     .threads = (unsigned)values->threads,
                                                     .context = (unsigned)values->context_size}
                           : NULL);
}

void server_configured(struct server *self) {
    uv_timer_stop(&self->configuration_timeout);
    if (self->configured) return;
    self->configured = true;
    server_apply_settings(self);
}

static const char *model_label(const struct server *self) {
    const char *model = settings_values(self->settings)->model;
    const char *slash = strrchr(model, '/');
    return slash != NULL ? slash + 1 : *model != '\0' ? model : "the default model";
}

static void on_engine_state(void *user, enum engine_state state, const struct error *err) {
    struct server *self = user;
    if (state == ENGINE_LOADING) {
        self->load_started_ns = clock_ns();
        if (self->client.work_done_progress)
            progress_begin(&self->progress, self->connection, "Aerie: loading the model",
                           model_label(self));
    } else {
        progress_end(&self->progress, state == ENGINE_READY ? "ready" : "no model");
    }
    if (state == ENGINE_READY) {
        struct engine *engine = engine_loader_hold(self->loader);
        const struct engine_info *info = engine_info(engine);
        server_log(self, LOG_INFO, "%s on %s (%s, %u threads) is ready after %.0f ms",
                   info->model_name, info->backend, info->device, info->threads,
                   clock_ms_between(self->load_started_ns, clock_ns()));
        engine_loader_release(self->loader);
        completion_job_start_waiting(self);
        return;
    }
    if (state == ENGINE_FAILED) {
        char text[640];
        snprintf(text, sizeof text, "Aerie offers no completions: %s", err->message);
        server_show_error(self, text);
        server_log(self, LOG_ERROR, "%s", err->message);
    }
    completion_job_engine_gone(self, state == ENGINE_LOADING);
}

static void on_engine_progress(void *user, float fraction) {
    struct server *self = user;
    progress_report(&self->progress, fraction);
}

/* ---- the connection ------------------------------------------------------------------------- */

static void on_send(void *user, char *frame, size_t length) {
    struct server *self = user;
    if (self->transport != NULL)
        transport_write(self->transport, frame, length);
    else
        free(frame);
}

static void on_trouble(void *user, const char *text) {
    server_log(user, LOG_WARNING, "%s", text);
}

static void on_answered(void *user, const char *method, int code, uint64_t started_ns) {
    struct server *self = user;
    if (self->trace == TRACE_OFF || self->stopping) return;
    char text[200], verbose[80];
    if (code == 0)
        snprintf(text, sizeof text, "answered %.120s", method);
    else
        snprintf(text, sizeof text, "answered %.120s with error %d", method, code);
    snprintf(verbose, sizeof verbose, "after %.1f ms", clock_ms_between(started_ns, clock_ns()));
    connection_notify(self->connection, "$/logTrace",
                      json_pack("{s:s, s:s*}", "message", text, "verbose",
                                self->trace == TRACE_VERBOSE ? verbose : NULL));
}

static void on_bytes(void *user, const char *bytes, size_t length) {
    struct server *self = user;
    struct error err = ERROR_INIT;
    if (connection_receive(self->connection, bytes, length, &err)) return;
    server_log(self, LOG_ERROR, "%s", err.message);
    server_stop(self, EXIT_FAILURE);
}

static void on_end(void *user, const struct error *err) {
    struct server *self = user;
    if (err != NULL) fprintf(stderr, "aerie: %s\n", err->message);
    server_stop(self, lifecycle_exit_status(connection_lifecycle(self->connection)));
}

static void on_parent_gone(void *user) {
    struct server *self = user;
    server_stop(self, lifecycle_exit_status(connection_lifecycle(self->connection)));
}

static void on_signal(uv_signal_t *signal, int number) {
    (void)number;
    struct server *self = signal->data;
    server_stop(self, lifecycle_exit_status(connection_lifecycle(self->connection)));
}

static void on_configuration_timeout(uv_timer_t *timer) {
    server_configured(timer->data);
}

/* ---- ending --------------------------------------------------------------------------------- */

static void on_loader_stopped(void *user) {
    struct server *self = user;
    self->loader = NULL;
    server_finish_stop(self);
}

void server_finish_stop(struct server *self) {
    if (!self->stopping || self->jobs != NULL || self->loader != NULL) return;
    mailbox_close(self->mailbox);
    self->mailbox = NULL;
}

static void close_handle(uv_handle_t *handle) {
    if (handle->data != NULL && !uv_is_closing(handle)) uv_close(handle, NULL);
}

void server_stop(struct server *self, int exit_status) {
    if (self->stopping) return;
    if (self->connection != NULL) {
        connection_cancel_all(self->connection);
        connection_close(self->connection);
    }
    self->stopping = true;
    self->exit_status = exit_status;
    completion_job_end_all(self);
    if (self->transport != NULL) transport_close(self->transport, CLOSE_GRACE_MS, NULL);
    self->transport = NULL;
    close_handle((uv_handle_t *)&self->patience);
    close_handle((uv_handle_t *)&self->configuration_timeout);
    for (size_t i = 0; i < sizeof self->signals / sizeof *self->signals; i++)
        close_handle((uv_handle_t *)&self->signals[i]);
    for (size_t i = 0; i < sizeof self->parents / sizeof *self->parents; i++) {
        parent_watch_free(self->parents[i]);
        self->parents[i] = NULL;
    }
    if (self->loader != NULL)
        engine_loader_stop(self->loader);
    else
        server_finish_stop(self);
}

/* ---- beginning ------------------------------------------------------------------------------ */

static bool open_transport(struct server *self, const struct server_options *options,
                           struct error *err) {
    const struct transport_handlers handlers = {on_bytes, on_end, self};
    switch (options->transport) {
    case SERVER_STDIO:
        self->transport = transport_open_stdio(self->loop, &handlers, err);
        break;
    case SERVER_PIPE:
        self->transport = transport_open_pipe(self->loop, options->pipe, &handlers, err);
        break;
    case SERVER_SOCKET:
        self->transport = transport_open_socket(self->loop, options->port, &handlers, err);
        break;
    case SERVER_FILES:
        self->transport =
            transport_open_files(self->loop, options->input, options->output, &handlers, err);
        break;
    }
    return self->transport != NULL;
}

static bool begin(struct server *self, const struct server_options *options, struct error *err) {
    const struct connection_options connection = {.limit = options->message_limit,
                                                  .send = on_send,
                                                  .on_trouble = on_trouble,
                                                  .on_answered = on_answered,
                                                  .user = self};
    const struct engine_loader_handlers loader = {on_engine_state, on_engine_progress,
                                                  on_loader_stopped, self};
    uv_timer_init(self->loop, &self->patience);
    self->patience.data = self;
    uv_timer_init(self->loop, &self->configuration_timeout);
    self->configuration_timeout.data = self;
    self->connection = connection_create(&connection, err);
    if (self->connection == NULL) return false;
    self->documents = document_store_create(err);
    self->mailbox = mailbox_create(self->loop, err);
    self->loader = engine_loader_create(self->loop, &loader, err);
    if (self->documents == NULL || self->mailbox == NULL || self->loader == NULL) return false;
    size_t n;
    const struct feature *const *features = features_table(&n);
    for (size_t i = 0; i < n; i++)
        if (!connection_add_methods(self->connection, features[i]->methods, features[i]->n_methods,
                                    err))
            return false;
    if (options->client_process != 0) {
        self->parents[0] =
            parent_watch_create(self->loop, options->client_process, on_parent_gone, self, err);
        if (self->parents[0] == NULL) return false;
    }
    if (options->catch_signals) {
        static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            uv_signal_init(self->loop, &self->signals[i]);
            self->signals[i].data = self;
            uv_signal_start(&self->signals[i], on_signal, numbers[i]);
            uv_unref((uv_handle_t *)&self->signals[i]);
        }
    }
    if (!open_transport(self, options, err)) return false;
    settings_merge(self->settings, NULL, NULL); /* told about once there is a client to tell */
    return true;
}

void server_expect_configuration(struct server *self, unsigned timeout_ms) {
    uv_timer_start(&self->configuration_timeout, on_configuration_timeout, timeout_ms, 0);
}

/* ---- the whole of it ------------------------------------------------------------------------ */

int server_run(const struct server_options *options, struct error *err) {
    uv_loop_t loop;
    int status = uv_loop_init(&loop);
    if (status != 0) {
        error_set(err, ERROR_IO, "cannot start the event loop: %s", uv_strerror(status));
        return -1;
    }
    struct server self = {.loop = &loop, .settings = options->settings};
    client_read(&self.client, NULL);
    if (!begin(&self, options, err)) server_stop(&self, -1);
    uv_run(&loop, UV_RUN_DEFAULT);

    connection_free(self.connection);
    document_store_free(self.documents);
    workspace_free_folders(&self);
    uv_loop_close(&loop);
    return self.exit_status;
}
