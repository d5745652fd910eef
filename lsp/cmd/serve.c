/* aerie [--stdio | --socket PORT | --pipe PATH]: the language server. */
#include "lsp/cmd/command.h"
#include "lsp/server/server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_OPTIONS = 24, N_OWN = 6 };

/* What the command line says; each points into argv. */
struct arguments {
    bool stdio, no_spec, in_process;
    const char *socket, *pipe, *client_process;
    const char *settings[MAX_OPTIONS]; /* by place in settings_table */
};

/* A whole number in a range, written in digits and nothing else. */
static bool parse_number(const char *text, long long minimum, long long maximum, long long *value) {
    char *end;
    if (*text < '0' || *text > '9') return false;
    *value = strtoll(text, &end, 10);
    return *end == '\0' && *value >= minimum && *value <= maximum;
}

/* The server's own options and one for every setting that has a flag. */
static size_t list_options(struct arguments *arguments, struct command_option *options) {
    const struct command_option own[N_OWN] = {
        {"stdio", NULL, "speak LSP on stdin and stdout (the default)", &arguments->stdio},
        {"socket", "PORT", "connect to the client on 127.0.0.1:PORT", &arguments->socket},
        {"pipe", "PATH", "connect to the client's Unix socket", &arguments->pipe},
        {"clientProcessId", "N", "exit when this process does", &arguments->client_process},
        {"no-spec", NULL, "no speculative decoding", &arguments->no_spec},
        {"in-process", NULL, "run the engine inside this process", &arguments->in_process},
    };
    memcpy(options, own, sizeof own);
    size_t n = N_OWN, n_settings;
    const struct setting *settings = settings_table(&n_settings);
    for (size_t i = 0; i < n_settings && i < MAX_OPTIONS && n < MAX_OPTIONS; i++)
        if (settings[i].flag != NULL)
            options[n++] =
                (struct command_option){settings[i].flag, settings[i].argument,
                                        settings[i].description, &arguments->settings[i]};
    return n;
}

static bool read_transport(const struct arguments *arguments, struct server_options *options,
                           struct error *err) {
    long long number = 0;
    if (arguments->stdio + (arguments->socket != NULL) + (arguments->pipe != NULL) > 1)
        return error_set(err, ERROR_ARGUMENT, "choose one of --stdio, --socket and --pipe");
    if (arguments->socket != NULL) {
        if (!parse_number(arguments->socket, 1, 65535, &number))
            return error_set(err, ERROR_ARGUMENT,
                             "--socket: '%.100s' is not a port from 1 to 65535", arguments->socket);
        options->transport = SERVER_SOCKET;
        options->port = (int)number;
    }
    if (arguments->pipe != NULL) {
        if (*arguments->pipe == '\0')
            return error_set(err, ERROR_ARGUMENT, "--pipe: the path is empty");
        options->transport = SERVER_PIPE;
        options->pipe = arguments->pipe;
    }
    if (arguments->client_process != NULL) {
        if (!parse_number(arguments->client_process, 1, INT32_MAX, &number))
            return error_set(err, ERROR_ARGUMENT, "--clientProcessId: '%.100s' is not a process id",
                             arguments->client_process);
        options->client_process = number;
    }
    return true;
}

static bool read_settings(const struct arguments *arguments, struct settings *settings,
                          struct error *err) {
    size_t n;
    const struct setting *table = settings_table(&n);
    for (size_t i = 0; i < n && i < MAX_OPTIONS; i++)
        if (arguments->settings[i] != NULL &&
            !settings_set_flag(settings, &table[i], arguments->settings[i], err))
            return false;
    settings_read_environment(settings);
    return true;
}

/* Descriptors 0 to 2 must be taken, or the event loop's own would land there: libuv does not accept
 * that, and a stray message on stderr would go to who knows where. */
static void fill_standard_streams(void) {
    int fd;
    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) close(fd);
}

int command_serve(int argc, char **argv) {
    struct arguments arguments = {0};
    struct command_option options[MAX_OPTIONS];
    const struct command_usage usage = {
        .usage = "aerie [--stdio | --socket PORT | --pipe PATH] [OPTION]...",
        .description =
            "Serves one LSP client. Every setting below \"aerie.\" can also come from the "
            "client.",
        .options = options,
        .n_options = list_options(&arguments, options),
    };
    struct common_options common;
    char **operands;
    int n_operands;
    switch (options_parse(&usage, argc, argv, &common, &operands, &n_operands)) {
    case OPTIONS_RUN:
        break;
    case OPTIONS_HELP:
        return EXIT_OK;
    case OPTIONS_BAD:
        return EXIT_USAGE;
    }

    fill_standard_streams();
    struct error err = ERROR_INIT;
    int status = -1;
    struct server_options server = {.transport = SERVER_STDIO, .catch_signals = true};
    server.settings = settings_create(&err);
    if (server.settings == NULL) goto done;
    if (!read_transport(&arguments, &server, &err)) goto done;
    if (!read_settings(&arguments, server.settings, &err)) goto done;
    if (server.transport == SERVER_STDIO && isatty(STDIN_FILENO))
        fputs("aerie: waiting for an editor to speak LSP on stdin; `aerie --help` lists what else "
              "there is\n",
              stderr);
    /* A client that is gone is an error of the write, not the end of the process. */
    signal(SIGPIPE, SIG_IGN);
    status = server_run(&server, &err);

done:
    settings_free(server.settings);
    uv_library_shutdown();
    return status < 0 ? command_failed(&err) : status;
}
