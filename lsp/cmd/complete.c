/* aerie complete: one completion at a place in a file. */
#include "base/clock.h"
#include "lsp/cmd/command.h"
#include "lsp/cmd/ghost_text.h"
#include "lsp/cmd/input.h"
#include "lsp/cmd/open_engine.h"
#include "lsp/cmd/place_argument.h"
#include "lsp/cmd/progress.h"
#include "lsp/complete/completion.h"
#include "lsp/context/languages.h"
#include "lsp/document/document.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what came of it ------------------------------------------------------------------------- */

/* Copies the result: it is gone when this returns. */
static void on_done(void *user, struct completion_result *result) {
    struct completion_result *copy = user;
    *copy = *result;
    if (result->insert_text == NULL) return;
    copy->insert_text = strdup(result->insert_text);
    if (copy->insert_text == NULL)
        error_set(&copy->error, ERROR_MEMORY, "no memory for a completion");
}

/* A model's name comes from its file and may be any bytes. */
static json_t *json_name(const char *name) {
    json_t *json = json_string(name);
    return json != NULL ? json : json_string("unnamed");
}

static json_t *json_position(const struct document *document, size_t offset) {
    struct position at = document_position(document, offset, ENCODING_UTF16);
    return json_pack("{s:I, s:I}", "line", (json_int_t)at.line, "character",
                     (json_int_t)at.character);
}

static bool print_json(const struct completion_result *result, const struct document *document,
                       const struct engine_info *info, struct error *err) {
    json_t *json = json_pack(
        "{s:o, s:{s:o, s:o}, s:o, s:s, s:I, s:I, s:I, s:I, s:{s:f, s:f, s:f, s:f}}", "insertText",
        result->insert_text != NULL ? json_string(result->insert_text) : json_null(), "range",
        "start", json_position(document, result->replace_start), "end",
        json_position(document, result->replace_end), "model", json_name(info->model_name),
        "backend", info->backend, "promptTokens", (json_int_t)result->prompt_tokens, "cachedTokens",
        (json_int_t)result->cached_tokens, "completionTokens",
        (json_int_t)result->completion_tokens, "acceptedDraftTokens",
        (json_int_t)result->accepted_draft_tokens, "ms", "context", result->context_ms, "prefill",
        result->prefill_ms, "decode", result->decode_ms, "total", result->total_ms);
    bool ok = json != NULL;
    if (ok && result->insert_text == NULL)
        ok = json_object_set_new(json, "reason", json_string(result->reason)) == 0;
    ok = ok && json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6)) == 0;
    json_decref(json);
    if (!ok) return error_set(err, ERROR_IO, "cannot write the result");
    putchar('\n');
    return true;
}

static void print_result(const struct completion_result *result, const struct document *document,
                         const struct engine_info *info) {
    if (result->insert_text == NULL) {
        fprintf(stderr, "aerie: nothing to offer here: %s\n", result->reason);
        return;
    }
    if (!terminal_wants_colour(STDOUT_FILENO)) {
        fwrite(result->insert_text, 1, result->insert_length, stdout);
        putchar('\n');
        return;
    }
    ghost_text_print(stdout, document, result->replace_start, result->insert_text,
                     result->insert_length);
    printf("\033[2m      %s on %s: %u tokens in, %u out, %.0f ms\033[0m\n", info->model_name,
           info->backend, (unsigned)result->prompt_tokens, (unsigned)result->completion_tokens,
           result->total_ms);
}

/* ---- the command ----------------------------------------------------------------------------- */

static bool complete(struct engine *engine, const char *path, const struct document *document,
                     size_t offset, const struct common_options *common, struct error *err) {
    struct completion_result result = {0};
    struct completion *completion =
        completion_start(engine,
                         &(struct completion_input){
                             .path = place_argument_short_path(path),
                             .language_id = document_language_id(document),
                             .text = document_text(document),
                             .text_length = document_length(document),
                             .offset = offset,
                             .max_tokens = common->max_tokens,
                             .sampling = {.temperature = common->temperature,
                                          .top_k = common->top_k,
                                          .top_p = common->top_p,
                                          .seed = common->seed},
                         },
                         on_done, &result, err);
    if (completion == NULL) return false;
    completion_wait(completion);
    completion_release(completion);

    bool ok = result.error.code == ERROR_NONE;
    if (!ok)
        error_set(err, result.error.code, "%s", result.error.message);
    else if (common->json)
        ok = print_json(&result, document, engine_info(engine), err);
    else
        print_result(&result, document, engine_info(engine));
    if (ok && fflush(stdout) != 0) ok = error_set(err, ERROR_IO, "cannot write the result");
    free(result.insert_text);
    return ok;
}

static bool run(const char *argument, const char *language, const struct common_options *common,
                struct error *err) {
    struct place_argument place = {0};
    struct document *document = NULL;
    struct engine *engine = NULL;
    char *text = NULL;
    size_t length, offset;
    bool ok = false;

    if (!place_argument_parse(argument, &place, err)) goto end;
    text = input_read(place.path, &length, err);
    if (text == NULL) goto end;
    if (language == NULL) language = language_of_path(place.path)->id;
    document = document_create(place.path, language, 0, text, length, err);
    if (document == NULL || !place_argument_offset(&place, document, &offset, err)) goto end;

    engine = open_engine(common, progress_load, err);
    progress_clear();
    if (engine == NULL) goto end;
    ok = complete(engine, place.path, document, offset, common, err);
end:
    engine_close(engine);
    document_free(document);
    free(text);
    free(place.path);
    return ok;
}

int command_complete(int argc, char **argv) {
    const char *language = NULL;
    const struct command_option own[] = {
        {"language", "ID", "LSP language id, where the file's name does not tell", &language},
    };
    const struct command_usage usage = {
        .usage = "aerie complete [OPTION]... FILE:LINE:COL",
        .description =
            "Offers what could be typed at a place in a file: as an editor shows it on a "
            "terminal,\n"
            "else the text to insert alone. LINE and COL count from 1, COL in bytes of UTF-8; the\n"
            "range in --json is as LSP has it, from 0 and in UTF-16 units.",
        .common = COMMON_MODEL | COMMON_ENGINE | COMMON_SAMPLE | COMMON_JSON,
        .options = own,
        .n_options = sizeof own / sizeof *own,
        .min_operands = 1,
        .max_operands = 1,
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
    return run(operands[0], language, &common, &err) ? EXIT_OK : command_failed(&err);
}
