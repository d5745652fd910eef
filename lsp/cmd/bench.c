/* aerie bench: prefill, decode and verify speed of the engine.
 *
 * Needs neither libuv nor jansson, so that aerie-bench can be built on a machine that has only a
 * compiler and CMake. */
#include "engine/decode/measure.h"
#include "engine/model/store.h"
#include "lsp/cmd/command.h"
#include "lsp/cmd/progress.h"

#include <stdio.h>
#include <stdlib.h>

static double tokens_per_second(const struct measurement *result) {
    return result->ms > 0 ? result->n / result->ms * 1000 : 0;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* Bytes from a model file: what JSON cannot carry as it is becomes an escape or a question mark. */
static void print_json_string(const char *text) {
    putchar('"');
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            printf("\\%c", *c);
        else if (*c < 0x20)
            printf("\\u%04x", *c);
        else
            putchar(*c < 0x80 ? *c : '?');
    }
    putchar('"');
}

static void print_json(const struct measure_report *report) {
    fputs("{\"model\":", stdout);
    print_json_string(report->model);
    fputs(",\"backend\":", stdout);
    print_json_string(report->backend);
    printf(",\"threads\":%u,\"device\":", report->threads);
    print_json_string(report->device);
    fputs(",\"results\":[", stdout);
    for (unsigned i = 0; i < report->n_results; i++) {
        const struct measurement *result = &report->results[i];
        printf("%s{\"test\":\"%s\",\"n\":%u,\"ms\":%.4f,\"tokensPerSecond\":%.2f}", i ? "," : "",
               measure_test_name(result->test), result->n, result->ms, tokens_per_second(result));
    }
    puts("]}");
}

/* ---- for people ------------------------------------------------------------------------------ */

static void print_table(const struct measure_report *report) {
    printf("%s\n%s, %u thread%s: %s\n\n", report->model, report->backend, report->threads,
           report->threads == 1 ? "" : "s", report->device);
    printf("%-8s %7s %12s %12s %14s\n", "test", "tokens", "ms", "ms/token", "tokens/second");
    for (unsigned i = 0; i < report->n_results; i++) {
        const struct measurement *result = &report->results[i];
        printf("%-8s %7u %12.2f %12.3f %14.1f\n", measure_test_name(result->test), result->n,
               result->ms, result->ms / result->n, tokens_per_second(result));
    }
    printf("\nMedians. decode and verify after %u tokens.\n", report->context);
}

static bool show_test(void *user, enum measure_test test, uint32_t n, unsigned done,
                      unsigned total) {
    (void)user;
    progress_show("measuring %u of %u: %s %u", done + 1, total, measure_test_name(test), n);
    return true;
}

int command_bench(int argc, char **argv) {
    const struct command_usage usage = {
        .usage = "aerie bench [OPTION]...",
        .description =
            "Measures the engine: prefill of 16 to 512 tokens, decoding, and verifying 1 to 16\n"
            "tokens in one pass after a context of 512. Medians of several runs.",
        .common = COMMON_MODEL | COMMON_ENGINE | COMMON_JSON,
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
    struct error err = ERROR_INIT;
    char *path = store_resolve(common.model, &err);
    if (path == NULL) return command_failed(&err);
    struct measure_options options = {.engine = {.model_path = path,
                                                 .backend = common.backend,
                                                 .threads = common.threads,
                                                 .on_progress = progress_load},
                                      .on_test = show_test};
    struct measure_report report;
    bool done = measure_run(&options, &report, &err);
    progress_clear();
    free(path);
    if (!done) return command_failed(&err);
    if (common.json)
        print_json(&report);
    else
        print_table(&report);
    return EXIT_OK;
}
