/* The client's configuration and the workspace folders. */
#include "lsp/server/features.h"
#include "lsp/server/uri.h"

#include <stdlib.h>
#include <string.h>

/* ---- configuration -------------------------------------------------------------------------- */

static void on_configuration(void *user, json_t *result, json_t *error) {
    struct server *server = user;
    if (server->stopping) return;
    if (result != NULL)
        settings_set(server->settings, SETTINGS_CONFIGURATION, json_array_get(result, 0));
    else if (error != NULL)
        server_log(server, LOG_WARNING, "the client refused to tell its configuration");
    server_apply_settings(server);
    server_configured(server);
}

void workspace_pull_configuration(struct server *server) {
    connection_request(server->connection, "workspace/configuration",
                       json_pack("{s:[{s:s}]}", "items", "section", "aerie"), on_configuration,
                       server);
}

static void on_did_change_configuration(void *user, json_t *params) {
    struct server *server = user;
    if (server->client.configuration) { /* what is pushed may be null or a part */
        workspace_pull_configuration(server);
        return;
    }
    settings_set(server->settings, SETTINGS_CONFIGURATION, json_object_get(params, "settings"));
    server_apply_settings(server);
}

/* ---- folders -------------------------------------------------------------------------------- */

/* Takes `path` over. */
static void add_folder(struct server *server, char *path) {
    if (path == NULL) return;
    for (size_t n = strlen(path); n > 0 && path[n - 1] == '/'; n--)
        path[n - 1] = '\0';
    char **grown = realloc(server->folders, (server->n_folders + 1) * sizeof *grown);
    if (grown == NULL) {
        free(path);
        return;
    }
    server->folders = grown;
    server->folders[server->n_folders++] = path;
}

static void add_folders(struct server *server, const json_t *folders) {
    size_t i;
    const json_t *folder;
    json_array_foreach(folders, i, folder) {
        const char *uri = json_string_value(json_object_get(folder, "uri"));
        if (uri != NULL) add_folder(server, uri_path(uri));
    }
}

static void remove_folder(struct server *server, const char *uri) {
    char *path = uri_path(uri);
    size_t length = path != NULL ? strlen(path) : 0;
    while (length > 0 && path[length - 1] == '/')
        path[--length] = '\0';
    for (size_t i = 0; path != NULL && i < server->n_folders; i++) {
        if (strcmp(server->folders[i], path) != 0) continue;
        free(server->folders[i]);
        server->folders[i] = server->folders[--server->n_folders];
        break;
    }
    free(path);
}

void workspace_free_folders(struct server *server) {
    for (size_t i = 0; i < server->n_folders; i++)
        free(server->folders[i]);
    free(server->folders);
    server->folders = NULL;
    server->n_folders = 0;
}

void workspace_read_folders(struct server *server, const json_t *params) {
    workspace_free_folders(server);
    const json_t *folders = json_object_get(params, "workspaceFolders");
    const char *uri = json_string_value(json_object_get(params, "rootUri"));
    const char *path = json_string_value(json_object_get(params, "rootPath"));
    if (json_is_array(folders))
        add_folders(server, folders);
    else if (uri != NULL)
        add_folder(server, uri_path(uri));
    else if (path != NULL)
        add_folder(server, strdup(path));
}

static void on_did_change_folders(void *user, json_t *params) {
    struct server *server = user;
    const json_t *event = json_object_get(params, "event");
    size_t i;
    const json_t *folder;
    json_array_foreach(json_object_get(event, "removed"), i, folder) {
        const char *uri = json_string_value(json_object_get(folder, "uri"));
        if (uri != NULL) remove_folder(server, uri);
    }
    add_folders(server, json_object_get(event, "added"));
}

/* ---- registering ---------------------------------------------------------------------------- */

static void announce(const struct server *server, json_t *capabilities) {
    (void)server;
    json_object_set_new(
        capabilities, "workspace",
        json_pack("{s:{s:b, s:b}}", "workspaceFolders", "supported", 1, "changeNotifications", 1));
}

static void registrations(const struct server *server, json_t *list) {
    if (server->client.register_configuration)
        json_array_append_new(list, features_registration("workspace/didChangeConfiguration",
                                                          json_pack("{s:s}", "section", "aerie")));
}

static const struct method methods[] = {
    {"workspace/didChangeConfiguration", NULL, on_did_change_configuration},
    {"workspace/didChangeWorkspaceFolders", NULL, on_did_change_folders},
};

const struct feature feature_workspace = {methods, sizeof methods / sizeof *methods, announce,
                                          registrations};
