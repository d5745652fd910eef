/* The subcommands of `aerie`, and the options they share.
 *
 * One file a subcommand, each with one function listed in lsp/main.c. A command prints its result
 * on stdout and at most one line, what failed, why, and what to do, on stderr. */
#ifndef AERIE_LSP_CMD_COMMAND_H
#define AERIE_LSP_CMD_COMMAND_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Exit statuses: a contract, scripts depend on it. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* What --model, --backend, … set. Fields keep their defaults where an option is not given; an
 * AERIE_* variable stands in for a missing option. */
struct common_options {
    const char *model;   /* name in the store or path; NULL = the default model (AERIE_MODEL) */
    const char *backend; /* "auto" (AERIE_BACKEND) */
    unsigned threads;    /* 0 = the machine's cores (AERIE_THREADS) */
    uint64_t seed;       /* 0 */
    float temperature;   /* 0 = the most likely token */
    float top_p;         /* 0 = all */
    unsigned top_k;      /* 0 = all */
    unsigned max_tokens; /* 0 = the command's own default */
    bool no_spec;        /* no speculation */
    bool in_process;     /* no shared engine */
    bool json;           /* one JSON object on stdout */
};

struct command {
    const char *name;
    const char *arguments; /* "FILE:LINE:COL" */
    const char *summary;   /* one line, for `aerie --help` */
    /* argv[0] is the subcommand's name. Returns the exit status. */
    int (*run)(int argc, char **argv);
};

int command_complete(int argc, char **argv);
int command_generate(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_tokenize(int argc, char **argv);
int command_detokenize(int argc, char **argv);
int command_model(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_eval(int argc, char **argv);
int command_serve(int argc, char **argv); /* no subcommand: the language server */

/* An option of one command beside the common ones. */
struct command_option {
    const char *name;     /* long name without "--" */
    const char *argument; /* what --help calls its value, NULL for a flag */
    const char *help;
    void *target; /* flag: bool *; value: const char ** */
};

/* Which of the common options a command takes, or'ed together. */
enum common_set {
    COMMON_MODEL = 1 << 0,  /* --model */
    COMMON_ENGINE = 1 << 1, /* --backend --threads --no-spec --in-process */
    COMMON_SAMPLE = 1 << 2, /* --seed --temperature --top-p --top-k --max-tokens */
    COMMON_JSON = 1 << 3,   /* --json */
};

/* What a command line looks like; --help prints it. */
struct command_usage {
    const char *usage;                    /* "aerie complete [OPTION]... FILE:LINE:COL" */
    const char *description;              /* a paragraph */
    unsigned common;                      /* enum common_set */
    const struct command_option *options; /* [n_options] */
    size_t n_options;
    int min_operands, max_operands; /* max_operands -1: any number */
};

/* What the caller of options_parse does next. */
enum options_outcome {
    OPTIONS_RUN,  /* go on */
    OPTIONS_HELP, /* --help was printed on stdout: return EXIT_OK */
    OPTIONS_BAD,  /* one line was printed on stderr: return EXIT_USAGE */
};

/* Parses argv with GNU getopt_long, options and operands in any order. On OPTIONS_RUN the operands
 * are operands[0 .. *n_operands) inside argv. */
enum options_outcome options_parse(const struct command_usage *usage, int argc, char **argv,
                                   struct common_options *common, char ***operands,
                                   int *n_operands);

/* Prints "aerie: MESSAGE" on stderr, red where that is a terminal that wants colour, and returns
 * EXIT_FAILED (EXIT_USAGE for ERROR_ARGUMENT). */
int command_failed(const struct error *err);

/* Is this stream a terminal that wants colour (NO_COLOR unset, TERM not dumb)? fd 1 or 2. */
bool terminal_wants_colour(int fd);

#endif
