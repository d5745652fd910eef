/* argv -> subcommand. */
#include "lsp/cmd/command.h"

#include "aerie_version.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct command commands[] = {
    {"complete", "FILE:LINE:COL", "one completion at a place in a file", command_complete},
    {"generate", "FILE|-", "plain left-to-right generation, streamed", command_generate},
    {"bench", "", "prefill, decode and verify speed of the engine", command_bench},
    {"tokenize", "FILE|-", "text to tokens", command_tokenize},
    {"detokenize", "FILE|-", "token ids to text", command_detokenize},
    {"eval", "CASES.jsonl...", "infilling accuracy", command_eval},
    {"model", "list|info", "the models on this machine", command_model},
    {"doctor", "", "what this machine can run, what is missing and how to mend it", command_doctor},
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

static void print_help(void) {
    puts("Usage: aerie [--stdio]               the language server (also --socket PORT, --pipe "
         "PATH)\n"
         "       aerie COMMAND [ARGUMENT]...   `aerie COMMAND --help` explains each\n\n"
         "Aerie completes code in the editor with a model that runs on this machine.\n\n"
         "Commands:");
    for (size_t i = 0; i < N_COMMANDS; i++) {
        char left[40];
        snprintf(left, sizeof left, "%s %s", commands[i].name, commands[i].arguments);
        printf("  %-24s %s\n", left, commands[i].summary);
    }
    puts("\nOptions of the server:\n"
         "  --stdio                  speak LSP on stdin and stdout (the default)\n"
         "  --socket PORT            connect to the client on 127.0.0.1:PORT\n"
         "  --pipe PATH              connect to the client's Unix socket\n"
         "  --clientProcessId N      exit when this process does\n"
         "  --version                print the version\n"
         "  --help                   this text (`aerie --stdio --help`: every option of the "
         "server)");
}

/* A result that did not reach its reader (a full disk, say) is no success. A reader that had enough
 * and closed the pipe ended us by SIGPIPE. */
static int finish(int status) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    fprintf(stderr, "aerie: writing the result failed: %s\n", strerror(errno));
    return status == EXIT_OK ? EXIT_FAILED : status;
}

int main(int argc, char **argv) {
    const char *first = argc > 1 ? argv[1] : NULL;
    if (first != NULL && first[0] != '-') {
        for (size_t i = 0; i < N_COMMANDS; i++)
            if (strcmp(first, commands[i].name) == 0)
                return finish(commands[i].run(argc - 1, argv + 1));
        fprintf(stderr, "aerie: unknown command '%s'; `aerie --help` lists them\n", first);
        return EXIT_USAGE;
    }
    if (first != NULL && strcmp(first, "--version") == 0) {
        puts("aerie " AERIE_VERSION);
        return finish(EXIT_OK);
    }
    if (first != NULL && (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)) {
        print_help();
        return finish(EXIT_OK);
    }
    return finish(command_serve(argc, argv));
}
