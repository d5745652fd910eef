/* aerie generate: plain left-to-right generation, streamed.
 *
 * ctrl-C ends the text where it is: the line is finished, the exit status is 1. A second one kills.
 */
#include "engine/engine.h"
#include "engine/tokenizer/tokenizer.h"
#include "lsp/cmd/command.h"
#include "lsp/cmd/input.h"
#include "lsp/cmd/open_engine.h"
#include "lsp/cmd/progress.h"

#include <jansson.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MAX_TOKENS = 256 };

/* ---- ctrl-C ---------------------------------------------------------------------------------- */

static _Atomic(struct engine_request *) running;
static volatile sig_atomic_t interrupted;

static void on_interrupt(int number) {
    (void)number;
    interrupted = 1;
    struct engine_request *request = atomic_load(&running);
    if (request != NULL) engine_cancel(request);
}

static void set_blocked(bool blocked) {
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    pthread_sigmask(blocked ? SIG_BLOCK : SIG_UNBLOCK, &interrupt, NULL);
}

/* Blocked until the request runs: threads made meanwhile inherit that, so the handler runs on this
 * thread alone and never beside the release of the request it cancels. */
static void watch_interrupt(void) {
    struct sigaction before, action = {.sa_handler = on_interrupt, .sa_flags = SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, NULL, &before);
    if (before.sa_handler == SIG_IGN) return; /* started in the background */
    sigaction(SIGINT, &action, NULL);
    set_blocked(true);
}

static bool load(void *user, float fraction) {
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    if (sigismember(&pending, SIGINT) == 1) {
        progress_clear();
        return false;
    }
    return progress_load(user, fraction);
}

/* ---- the prompt ------------------------------------------------------------------------------ */

static bool append(const struct tokenizer *tokenizer, const char *text, size_t length,
                   unsigned flags, struct token_list *out, struct error *err) {
    return tokenizer_encode(tokenizer, text, length, flags, out, err);
}

/* ChatML, as SmolLM2-Instruct and Qwen2.5 were trained on. The user's text cannot forge a turn: its
 * control tokens are not parsed. */
static bool chat_prompt(const struct tokenizer *tokenizer, const char *text, size_t length,
                        struct token_list *out, struct error *err) {
    static const char before[] = "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
                                 "<|im_start|>user\n";
    static const char after[] = "<|im_end|>\n<|im_start|>assistant\n";
    return append(tokenizer, before, sizeof before - 1, TOKENIZE_SPECIAL | TOKENIZE_ADD_BOS, out,
                  err) &&
           append(tokenizer, text, length, TOKENIZE_NO_SPACE_PREFIX, out, err) &&
           append(tokenizer, after, sizeof after - 1, TOKENIZE_SPECIAL | TOKENIZE_NO_SPACE_PREFIX,
                  out, err);
}

static bool make_prompt(const struct engine *engine, bool chat, const char *text, size_t length,
                        struct token_list *out, struct error *err) {
    static const char turn[] = "<|im_start|>";
    const struct tokenizer *tokenizer = engine_tokenizer(engine);
    if (tokenizer == NULL)
        return error_set(err, ERROR_UNSUPPORTED,
                         "this build cannot read text: build it with PCRE2 (libpcre2-dev)");
    if (chat && tokenizer_find(tokenizer, turn, sizeof turn - 1) >= 0) {
        while (length > 0 && text[length - 1] == '\n')
            length--;
        return chat_prompt(tokenizer, text, length, out, err);
    }
    if (!append(tokenizer, text, length, TOKENIZE_ADD_BOS, out, err)) return false;
    /* Nothing to go on from: a text begins. */
    if (out->length == 0 && tokenizer_bos(tokenizer) >= 0)
        return token_list_push(out, tokenizer_bos(tokenizer), err);
    return true;
}

/* ---- the text -------------------------------------------------------------------------------- */

struct output {
    bool json;  /* collect instead of print */
    char *text; /* [length], capacity behind it */
    size_t length, capacity;
    bool ends_line; /* was the last byte a newline? */
    struct error error;
    struct engine_result result;
};

static bool collect(struct output *self, const char *bytes, size_t length) {
    if (self->length + length > self->capacity) {
        size_t capacity = 2 * (self->length + length);
        char *grown = realloc(self->text, capacity);
        if (grown == NULL) return error_set(&self->error, ERROR_MEMORY, "no memory for the text");
        self->text = grown;
        self->capacity = capacity;
    }
    memcpy(self->text + self->length, bytes, length);
    self->length += length;
    return true;
}

static bool on_text(void *user, const char *bytes, size_t length) {
    struct output *self = user;
    self->ends_line = bytes[length - 1] == '\n';
    if (self->json) return collect(self, bytes, length);
    if (fwrite(bytes, 1, length, stdout) == length && fflush(stdout) == 0) return true;
    return error_set(&self->error, ERROR_IO, "cannot write to standard output");
}

static void on_done(void *user, const struct engine_result *result) {
    struct output *self = user;
    self->result = *result;
}

/* ---- the summary ----------------------------------------------------------------------------- */

static const char *finish_name(enum finish_reason finish) {
    switch (finish) {
    case FINISH_STOP_TOKEN:
        return "stopToken";
    case FINISH_STOP_STRING:
        return "stopString";
    case FINISH_CONSUMER:
        return "consumer";
    case FINISH_LENGTH:
        return "length";
    case FINISH_CANCELLED:
        return "cancelled";
    case FINISH_ERROR:
        return "error";
    }
    return "error";
}

/* A model's name comes from its file and may be any bytes. */
static json_t *json_name(const char *name) {
    json_t *json = json_string(name);
    return json != NULL ? json : json_string("unnamed");
}

static bool print_summary(const struct output *output, const struct engine_info *info) {
    const struct engine_result *result = &output->result;
    json_t *json = json_pack(
        "{s:o, s:s, s:o, s:s, s:i, s:i, s:i, s:i, s:f, s:{s:f, s:f, s:f}}", "text",
        json_stringn(output->text != NULL ? output->text : "", output->length), "finish",
        finish_name(result->finish), "model", json_name(info->model_name), "backend", info->backend,
        "promptTokens", (int)result->prompt_tokens, "cachedTokens", (int)result->cached_tokens,
        "completionTokens", (int)result->completion_tokens, "acceptedDraftTokens",
        (int)result->accepted_draft_tokens, "meanLogProbability", result->mean_log_probability,
        "ms", "prefill", result->prefill_ms, "decode", result->decode_ms, "total",
        result->queue_ms + result->prefill_ms + result->decode_ms);
    bool written =
        json != NULL && json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6)) == 0;
    json_decref(json);
    putchar('\n');
    return written;
}

/* ---- the command ----------------------------------------------------------------------------- */

static bool generate(struct engine *engine, const struct token_list *prompt,
                     const struct common_options *common, struct output *output,
                     struct error *err) {
    struct engine_request_options options = {
        .prompt = prompt->ids,
        .n_prompt = prompt->length,
        .max_tokens = common->max_tokens > 0 ? common->max_tokens : DEFAULT_MAX_TOKENS,
        .sampling = {.temperature = common->temperature,
                     .top_k = common->top_k,
                     .top_p = common->top_p,
                     .seed = common->seed},
        .on_text = on_text,
        .on_done = on_done,
        .user = output,
    };
    struct engine_request *request = engine_submit(engine, &options, err);
    if (request == NULL) return false;
    atomic_store(&running, request);
    set_blocked(false);
    engine_wait(request);
    set_blocked(true);
    atomic_store(&running, NULL);
    engine_request_release(request);
    return true;
}

static int report(const struct output *output, const struct engine_info *info) {
    struct error err = output->error;
    if (output->json) {
        if (!print_summary(output, info)) error_set(&err, ERROR_IO, "cannot write the summary");
    } else if (!output->ends_line && err.code == ERROR_NONE) {
        putchar('\n');
        fflush(stdout);
    }
    if (output->result.finish == FINISH_ERROR) return command_failed(&output->result.error);
    if (interrupted) error_set(&err, ERROR_CANCELLED, "interrupted");
    return err.code != ERROR_NONE ? command_failed(&err) : EXIT_OK;
}

static int run(const char *path, const struct common_options *common, bool chat) {
    struct error err = ERROR_INIT;
    struct engine *engine = NULL;
    struct token_list prompt = {0};
    struct output output = {.json = common->json};
    size_t length = 0;
    int status;
    char *text = input_read(path, &length, &err);
    if (text == NULL) goto fail;
    watch_interrupt();
    engine = open_engine(common, load, &err);
    if (engine == NULL) goto fail;
    if (!make_prompt(engine, chat, text, length, &prompt, &err)) goto fail;
    if (!generate(engine, &prompt, common, &output, &err)) goto fail;
    status = report(&output, engine_info(engine));
    goto done;
fail:
    progress_clear();
    status = command_failed(&err);
done:
    engine_close(engine);
    token_list_free(&prompt);
    free(output.text);
    free(text);
    return status;
}

int command_generate(int argc, char **argv) {
    bool chat = false;
    const struct command_option own[] = {
        {"chat", NULL, "the text is a question to a model trained to chat", &chat},
    };
    const struct command_usage usage = {
        .usage = "aerie generate [--chat] [OPTION]... FILE|-",
        .description =
            "Goes on where a text ends, and prints what comes as it comes. 256 tokens at most\n"
            "unless --max-tokens says otherwise. ctrl-C ends it, with exit status 1.",
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
    return run(operands[0], &common, chat);
}
