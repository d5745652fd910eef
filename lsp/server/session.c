/* initialize, initialized, shutdown, exit, $/setTrace. The order of messages is rpc/lifecycle.c's.
 */
#include "lsp/server/features.h"

#include "aerie_version.h"
#include "lsp/document/encoding.h"

#include <string.h>

/* How long the first load waits for the client's configuration: a client that never answers gets a
 * model all the same, one that answers does not load two. */
enum { CONFIGURATION_TIMEOUT_MS = 1000 };

static void set_trace(struct server *server, const json_t *value) {
    const char *name = json_string_value(value);
    if (name == NULL) return;
    server->trace = strcmp(name, "verbose") == 0    ? TRACE_VERBOSE
                    : strcmp(name, "messages") == 0 ? TRACE_MESSAGES
                                                    : TRACE_OFF;
}

static void on_client_gone(void *user) {
    struct server *server = user;
    server_stop(server, lifecycle_exit_status(connection_lifecycle(server->connection)));
}

static void watch_client(struct server *server, const json_t *process) {
    if (!json_is_integer(process) || server->parents[1] != NULL) return;
    struct error err = ERROR_INIT;
    server->parents[1] = parent_watch_create(server->loop, json_integer_value(process),
                                             on_client_gone, server, &err);
    if (server->parents[1] == NULL)
        server_log(server, LOG_WARNING, "the client's process is not watched: %s", err.message);
}

static void on_initialize(void *user, struct request *request, json_t *params) {
    struct server *server = user;
    if (!json_is_object(params)) {
        request_fail(request, JSONRPC_INVALID_PARAMS, "initialize needs InitializeParams");
        return;
    }
    client_read(&server->client, params);
    set_trace(server, json_object_get(params, "trace"));
    workspace_read_folders(server, params);
    watch_client(server, json_object_get(params, "processId"));
    settings_set(server->settings, SETTINGS_INITIALIZATION,
                 json_object_get(params, "initializationOptions"));

    json_t *capabilities =
        json_pack("{s:s}", "positionEncoding", encoding_name(server->client.encoding));
    size_t n;
    const struct feature *const *features = features_table(&n);
    for (size_t i = 0; i < n; i++)
        if (features[i]->announce != NULL) features[i]->announce(server, capabilities);
    connection_set_lifecycle(server->connection, LIFECYCLE_RUNNING);
    request_answer(request, json_pack("{s:o, s:{s:s, s:s}}", "capabilities", capabilities,
                                      "serverInfo", "name", "aerie", "version", AERIE_VERSION));
    server_apply_settings(server);
}

static void on_initialized(void *user, json_t *params) {
    (void)params;
    struct server *server = user;
    json_t *registrations = json_array();
    size_t n;
    const struct feature *const *features = features_table(&n);
    for (size_t i = 0; i < n; i++)
        if (features[i]->registrations != NULL) features[i]->registrations(server, registrations);
    if (json_array_size(registrations) > 0)
        connection_request(server->connection, "client/registerCapability",
                           json_pack("{s:o}", "registrations", registrations), NULL, NULL);
    else
        json_decref(registrations);

    server_log(server, LOG_INFO, "aerie %s, positions in %s", AERIE_VERSION,
               encoding_name(server->client.encoding));
    if (server->client.configuration) {
        server_expect_configuration(server, CONFIGURATION_TIMEOUT_MS);
        workspace_pull_configuration(server);
    } else {
        server_configured(server);
    }
}

static void on_shutdown(void *user, struct request *request, json_t *params) {
    (void)params;
    struct server *server = user;
    /* Answered first, so that it does not count among what is cancelled. */
    connection_set_lifecycle(server->connection, LIFECYCLE_SHUTDOWN);
    request_answer(request, NULL);
    connection_cancel_all(server->connection);
}

static void on_exit_notification(void *user, json_t *params) {
    (void)params;
    struct server *server = user;
    server_stop(server, lifecycle_exit_status(connection_lifecycle(server->connection)));
}

static void on_set_trace(void *user, json_t *params) {
    set_trace(user, json_object_get(params, "value"));
}

static const struct method methods[] = {
    {"initialize", on_initialize, NULL}, {"initialized", NULL, on_initialized},
    {"shutdown", on_shutdown, NULL},     {"exit", NULL, on_exit_notification},
    {"$/setTrace", NULL, on_set_trace},
};

const struct feature feature_lifecycle = {methods, sizeof methods / sizeof *methods, NULL, NULL};
