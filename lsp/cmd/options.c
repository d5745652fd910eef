#include "lsp/cmd/command.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the common options --------------------------------------------------------------------- */

enum value_kind {
    VALUE_TEXT,
    VALUE_BACKEND,
    VALUE_FLAG,
    VALUE_UINT,
    VALUE_UINT64,
    VALUE_FLOAT,
    VALUE_PROBABILITY,
};

struct common_option {
    enum common_set set;
    const char *name, *argument, *help;
    const char *variable; /* environment variable that stands in, or NULL */
    enum value_kind kind;
    size_t offset; /* into struct common_options */
};

#define FIELD(f) offsetof(struct common_options, f)

static const struct common_option common_table[] = {
    {COMMON_MODEL, "model", "NAME|PATH", "model in the store, or a GGUF file", "AERIE_MODEL",
     VALUE_TEXT, FIELD(model)},
    {COMMON_ENGINE, "backend", "NAME", "auto, cpu, cuda or reference", "AERIE_BACKEND",
     VALUE_BACKEND, FIELD(backend)},
    {COMMON_ENGINE, "threads", "N", "CPU threads, 0 = the machine's cores", "AERIE_THREADS",
     VALUE_UINT, FIELD(threads)},
    {COMMON_ENGINE, "no-spec", NULL, "no speculative decoding", NULL, VALUE_FLAG, FIELD(no_spec)},
    {COMMON_ENGINE, "in-process", NULL, "run the engine inside this process", NULL, VALUE_FLAG,
     FIELD(in_process)},
    {COMMON_SAMPLE, "seed", "N", "seed of the random choice", NULL, VALUE_UINT64, FIELD(seed)},
    {COMMON_SAMPLE, "temperature", "T", "0 takes the most likely token", NULL, VALUE_FLOAT,
     FIELD(temperature)},
    {COMMON_SAMPLE, "top-k", "N", "choose among the N most likely tokens, 0 = all", NULL,
     VALUE_UINT, FIELD(top_k)},
    {COMMON_SAMPLE, "top-p", "P", "choose among the tokens that make up probability P", NULL,
     VALUE_PROBABILITY, FIELD(top_p)},
    {COMMON_SAMPLE, "max-tokens", "N", "longest answer", NULL, VALUE_UINT, FIELD(max_tokens)},
    {COMMON_JSON, "json", NULL, "one JSON object on stdout", NULL, VALUE_FLAG, FIELD(json)},
};
enum { N_COMMON = sizeof common_table / sizeof *common_table };

/* Stores `text` as the option's value; false if it is not a value of that kind. */
static bool store_value(const struct common_option *option, const char *text,
                        struct common_options *common) {
    void *field = (char *)common + option->offset;
    char *end = NULL;
    errno = 0;
    switch (option->kind) {
    case VALUE_TEXT:
        *(const char **)field = text;
        return *text != '\0';
    case VALUE_BACKEND: {
        static const char *const names[] = {"auto", "cpu", "cuda", "reference"};
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            if (strcmp(text, names[i]) != 0) continue;
            *(const char **)field = text;
            return true;
        }
        return false;
    }
    case VALUE_FLAG:
        *(bool *)field = true;
        return true;
    case VALUE_UINT:
    case VALUE_UINT64: {
        if (*text < '0' || *text > '9') return false;
        unsigned long long value = strtoull(text, &end, 10);
        if (errno != 0 || *end != '\0') return false;
        if (option->kind == VALUE_UINT64) {
            *(uint64_t *)field = value;
            return true;
        }
        if (value > 1u << 30) return false;
        *(unsigned *)field = (unsigned)value;
        return true;
    }
    case VALUE_FLOAT:
    case VALUE_PROBABILITY: {
        float value = strtof(text, &end);
        if (end == text || *end != '\0' || !isfinite(value) || value < 0) return false;
        if (option->kind == VALUE_PROBABILITY && value > 1) return false;
        *(float *)field = value;
        return true;
    }
    }
    return false;
}

static bool apply_environment(unsigned set, struct common_options *common) {
    for (size_t i = 0; i < N_COMMON; i++) {
        const struct common_option *option = &common_table[i];
        if (option->variable == NULL || !(option->set & set)) continue;
        const char *text = getenv(option->variable);
        if (text == NULL || *text == '\0') continue;
        if (!store_value(option, text, common)) {
            fprintf(stderr, "aerie: %s: '%s' is not a value it takes (%s); unset it or mend it\n",
                    option->variable, text, option->help);
            return false;
        }
    }
    return true;
}

/* ---- help ----------------------------------------------------------------------------------- */

static void print_option(const char *name, const char *argument, const char *help) {
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", name, argument ? " " : "", argument ? argument : "");
    printf("  %-26s %s\n", left, help);
}

static void print_help(const struct command_usage *usage) {
    printf("Usage: %s\n\n%s\n\nOptions:\n", usage->usage, usage->description);
    for (size_t i = 0; i < usage->n_options; i++)
        print_option(usage->options[i].name, usage->options[i].argument, usage->options[i].help);
    for (size_t i = 0; i < N_COMMON; i++)
        if (common_table[i].set & usage->common)
            print_option(common_table[i].name, common_table[i].argument, common_table[i].help);
    print_option("help", NULL, "this text");
}

/* ---- parsing -------------------------------------------------------------------------------- */

enum { MAX_OPTIONS = 40, BASE_OWN = 1000, BASE_COMMON = 2000, VALUE_HELP = 3000 };

/* `format` has two %s. */
static enum options_outcome bad(const struct command_usage *usage, const char *format,
                                const char *a, const char *b) {
    fputs("aerie: ", stderr);
    fprintf(stderr, format, a, b);
    fprintf(stderr, "; usage: %s\n", usage->usage);
    return OPTIONS_BAD;
}

/* What getopt_long stumbled over. optopt holds a short option's letter, the code of a flag that was
 * given a value, or 0 for a long option that is unknown or short for more than one. */
static enum options_outcome bad_option(const struct command_usage *usage,
                                       const struct option *table, char **argv) {
    const char *text = argv[optind - 1];
    if (optopt > 0 && optopt < BASE_OWN) {
        char letter[3] = {'-', (char)optopt, '\0'};
        return bad(usage, "unknown option %s%s", letter, "");
    }
    for (size_t i = 0; optopt != 0 && table[i].name != NULL; i++)
        if (table[i].val == optopt) return bad(usage, "--%s takes no value%s", table[i].name, "");
    size_t length = strcspn(text + 2, "="), matches = 0;
    for (size_t i = 0; table[i].name != NULL; i++)
        matches += strncmp(table[i].name, text + 2, length) == 0;
    return bad(usage, matches > 1 ? "%s is short for several options%s" : "unknown option %s%s",
               text, "");
}

enum options_outcome options_parse(const struct command_usage *usage, int argc, char **argv,
                                   struct common_options *common, char ***operands,
                                   int *n_operands) {
    struct option table[MAX_OPTIONS];
    size_t n = 0;
    for (size_t i = 0; i < usage->n_options && n < MAX_OPTIONS - 2; i++)
        table[n++] = (struct option){usage->options[i].name,
                                     usage->options[i].argument ? required_argument : no_argument,
                                     NULL, BASE_OWN + (int)i};
    for (size_t i = 0; i < N_COMMON && n < MAX_OPTIONS - 2; i++)
        if (common_table[i].set & usage->common)
            table[n++] = (struct option){common_table[i].name,
                                         common_table[i].argument ? required_argument : no_argument,
                                         NULL, BASE_COMMON + (int)i};
    table[n++] = (struct option){"help", no_argument, NULL, VALUE_HELP};
    table[n] = (struct option){NULL, 0, NULL, 0};

    *common = (struct common_options){.backend = "auto"};
    if (!apply_environment(usage->common, common)) return OPTIONS_BAD;

    optind = 0; /* GNU: start afresh */
    opterr = 0;
    for (;;) {
        int code = getopt_long(argc, argv, ":h", table, NULL);
        if (code == -1) break;
        if (code == 'h' || code == VALUE_HELP) {
            print_help(usage);
            return OPTIONS_HELP;
        }
        if (code == ':') return bad(usage, "%s needs a value%s", argv[optind - 1], "");
        if (code == '?') return bad_option(usage, table, argv);
        if (code >= BASE_COMMON) {
            const struct common_option *option = &common_table[code - BASE_COMMON];
            if (!store_value(option, optarg, common))
                return bad(usage, "--%s: '%s' is not a value it takes", option->name, optarg);
            continue;
        }
        const struct command_option *own = &usage->options[code - BASE_OWN];
        if (own->argument != NULL)
            *(const char **)own->target = optarg;
        else
            *(bool *)own->target = true;
    }
    *operands = argv + optind;
    *n_operands = argc - optind;
    if (*n_operands < usage->min_operands) return bad(usage, "too few arguments%s%s", "", "");
    if (usage->max_operands >= 0 && *n_operands > usage->max_operands)
        return bad(usage, "unexpected argument '%s'%s", (*operands)[usage->max_operands], "");
    return OPTIONS_RUN;
}

/* ---- failing -------------------------------------------------------------------------------- */

bool terminal_wants_colour(int fd) {
    const char *no_colour = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return isatty(fd) && (no_colour == NULL || *no_colour == '\0') && term != NULL &&
           strcmp(term, "dumb") != 0;
}

int command_failed(const struct error *err) {
    bool colour = terminal_wants_colour(STDERR_FILENO);
    fprintf(stderr, "%saerie: %s%s\n", colour ? "\033[31m" : "", err->message,
            colour ? "\033[0m" : "");
    return err->code == ERROR_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
}
