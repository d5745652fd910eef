#include "lsp/complete/completion.h"

#include "base/clock.h"
#include "lsp/complete/cut_back.h"
#include "lsp/complete/trigger.h"
#include "lsp/complete/trim.h"
#include "lsp/context/prompt.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_PROMPT_TOKENS = 1024 };

/* Owned by two: the caller's handle and the running request. The request's side writes `output`,
 * `result` and what belongs to them; the caller's side only cancels and waits. */
struct completion {
    atomic_uint references;
    void (*on_done)(void *user, struct completion_result *result);
    void *user;

    char *text; /* the document as the prompt saw it: with the selected completion put in */
    size_t length, offset;
    const struct grammar *grammar; /* NULL for a language nobody wrote one for */
    struct place place;
    enum completion_mode mode;
    size_t held_back; /* see lsp/context/prompt.h */
    bool raw;
    char *selected; /* what the text to insert begins with, "" for nothing */
    size_t replace_start, replace_end;
    uint64_t started_ns;
    double context_ms;

    struct engine_request *request; /* NULL where it was declined */
    char *output;                   /* the model's text so far */
    size_t output_length, output_capacity;
    bool out_of_memory;

    pthread_mutex_t mutex;
    pthread_cond_t finished;
    bool done; /* on_done has returned */
};

/* ---- ownership ------------------------------------------------------------------------------- */

static void unreference(struct completion *self) {
    if (atomic_fetch_sub_explicit(&self->references, 1, memory_order_acq_rel) != 1) return;
    engine_request_release(self->request);
    pthread_cond_destroy(&self->finished);
    pthread_mutex_destroy(&self->mutex);
    free(self->output);
    free(self->selected);
    free(self->text);
    free(self);
}

void completion_release(struct completion *self) {
    if (self != NULL) unreference(self);
}

void completion_cancel(struct completion *self) {
    if (self->request != NULL) engine_cancel(self->request);
}

void completion_wait(struct completion *self) {
    pthread_mutex_lock(&self->mutex);
    while (!self->done)
        pthread_cond_wait(&self->finished, &self->mutex);
    pthread_mutex_unlock(&self->mutex);
}

/* Tells the user, then those who wait. */
static void finish(struct completion *self, struct completion_result *result) {
    result->replace_start = self->replace_start;
    result->replace_end = self->replace_end;
    result->context_ms = self->context_ms;
    result->total_ms = clock_ms_between(self->started_ns, clock_ns());
    self->on_done(self->user, result);
    pthread_mutex_lock(&self->mutex);
    self->done = true;
    pthread_cond_broadcast(&self->finished);
    pthread_mutex_unlock(&self->mutex);
}

/* ---- while the model writes ------------------------------------------------------------------ */

/* Takes a piece in, without \r: line endings are the file's affair. */
static bool collect(struct completion *self, const char *bytes, size_t length) {
    if (self->output_length + length > self->output_capacity) {
        size_t capacity = 2 * (self->output_length + length) + 64;
        char *grown = realloc(self->output, capacity);
        if (grown == NULL) return false;
        self->output = grown;
        self->output_capacity = capacity;
    }
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != '\r') self->output[self->output_length++] = bytes[i];
    return true;
}

/* The model's text without the blank it had to say again. */
static struct text_view completion_text(const struct completion *self) {
    size_t skip = prompt_skip_held_back(self->text + self->offset, self->held_back, self->output,
                                        self->output_length);
    return (struct text_view){self->output + skip, self->output_length - skip};
}

static bool on_text(void *user, const char *bytes, size_t length) {
    struct completion *self = user;
    if (!collect(self, bytes, length)) {
        self->out_of_memory = true;
        return false;
    }
    if (self->output_length == 0 || self->raw) return true;
    struct text_view text = completion_text(self);
    return trim_end(&self->place, self->mode, text.bytes, text.length, false) == text.length;
}

/* The selected completion and the text after it, or NULL with *reason as trim_completion has it. */
static char *text_to_insert(const struct completion *self, bool cut, size_t *length,
                            const char **reason) {
    *reason = "nothing to add";
    if (self->output_length == 0) return NULL;
    struct text_view text = completion_text(self);
    if (self->raw) {
        *length = text.length;
        return strndup(text.bytes, text.length);
    }
    char *trimmed =
        trim_completion(&self->place, self->mode, text.bytes, text.length, cut, length, reason);
    if (trimmed == NULL) return NULL;
    *length = cut_back(self->grammar, (struct text_view){self->text, self->offset},
                       (struct text_view){trimmed, *length},
                       (struct text_view){self->text + self->offset, self->length - self->offset});
    trimmed[*length] = '\0';
    size_t n_selected = strlen(self->selected);
    if (n_selected == 0) return trimmed;
    char *joined = malloc(n_selected + *length + 1);
    if (joined != NULL) {
        memcpy(joined, self->selected, n_selected);
        memcpy(joined + n_selected, trimmed, *length + 1);
        *length += n_selected;
    }
    free(trimmed);
    return joined;
}

static void on_done(void *user, const struct engine_result *done) {
    struct completion *self = user;
    struct completion_result result = {
        .prompt_tokens = done->prompt_tokens,
        .cached_tokens = done->cached_tokens,
        .completion_tokens = done->completion_tokens,
        .accepted_draft_tokens = done->accepted_draft_tokens,
        .prefill_ms = done->prefill_ms,
        .decode_ms = done->decode_ms,
    };
    if (done->finish == FINISH_CANCELLED) {
        result.cancelled = true;
        result.reason = "cancelled";
    } else if (done->finish == FINISH_ERROR) {
        result.error = done->error;
        result.reason = "engine failed";
    } else if (self->out_of_memory || ((result.insert_text = text_to_insert(
                                            self, done->finish == FINISH_LENGTH,
                                            &result.insert_length, &result.reason)) == NULL &&
                                       result.reason == NULL)) {
        error_set(&result.error, ERROR_MEMORY, "no memory for a completion");
        result.reason = "engine failed";
    }
    finish(self, &result);
    free(result.insert_text);
    unreference(self);
}

/* ---- starting -------------------------------------------------------------------------------- */

static bool check_input(const struct completion_input *input, struct error *err) {
    if (input->offset > input->text_length)
        return error_set(err, ERROR_ARGUMENT, "a completion past the end of the text");
    if (input->selected_text != NULL && input->selected_start > input->offset)
        return error_set(err, ERROR_ARGUMENT, "a selected completion that begins after the cursor");
    return true;
}

/* The document with [selected_start, offset) replaced by the selected completion. */
static bool copy_input(struct completion *self, const struct completion_input *input,
                       struct error *err) {
    const char *selected = input->selected_text != NULL ? input->selected_text : "";
    size_t n_selected = strlen(selected);
    size_t start = input->selected_text != NULL ? input->selected_start : input->offset;
    size_t n_after = input->text_length - input->offset;
    self->offset = start + n_selected;
    self->length = self->offset + n_after;
    self->text = malloc(self->length + 1);
    self->selected = strdup(selected);
    if (self->text == NULL || self->selected == NULL)
        return error_set(err, ERROR_MEMORY, "no memory for a completion");
    memcpy(self->text, input->text, start);
    memcpy(self->text + start, selected, n_selected);
    memcpy(self->text + self->offset, input->text + input->offset, n_after);
    self->text[self->length] = '\0';
    self->replace_start = start;
    self->replace_end = input->offset;
    self->place = place_of(self->text, self->length, self->offset);
    self->mode = mode_of(&self->place);
    return true;
}

/* Builds the prompt and hands it to the engine. */
static bool submit(struct completion *self, struct engine *engine,
                   const struct completion_input *input, struct error *err) {
    const struct engine_info *info = engine_info(engine);
    const struct tokenizer *tokenizer = engine_tokenizer(engine);
    if (tokenizer == NULL)
        return error_set(err, ERROR_UNSUPPORTED,
                         "this build cannot read text: build it with PCRE2 (libpcre2-dev)");
    uint32_t max_tokens = input->max_tokens > 0 ? input->max_tokens : mode_max_tokens(self->mode);
    if (max_tokens > info->n_context / 2) max_tokens = info->n_context / 2;
    uint32_t max_prompt =
        input->max_prompt_tokens > 0 ? input->max_prompt_tokens : (uint32_t)DEFAULT_PROMPT_TOKENS;
    if (max_prompt > info->n_context - max_tokens) max_prompt = info->n_context - max_tokens;

    struct prompt prompt = {0};
    bool ok = prompt_build(&prompt, tokenizer,
                           &(struct prompt_input){.path = input->path,
                                                  .language_id = input->language_id,
                                                  .text = self->text,
                                                  .length = self->length,
                                                  .offset = self->offset,
                                                  .max_tokens = max_prompt},
                           err);
    if (ok) {
        self->held_back = prompt.held_back;
        self->context_ms = clock_ms_between(self->started_ns, clock_ns());
        atomic_fetch_add_explicit(&self->references, 1, memory_order_relaxed);
        self->request = engine_submit(engine,
                                      &(struct engine_request_options){
                                          .prompt = prompt.tokens.ids,
                                          .n_prompt = prompt.tokens.length,
                                          .max_tokens = max_tokens,
                                          .sampling = input->sampling,
                                          .on_text = on_text,
                                          .on_done = on_done,
                                          .user = self,
                                      },
                                      err);
        ok = self->request != NULL;
        if (!ok) unreference(self);
    }
    prompt_free(&prompt);
    return ok;
}

struct completion *completion_start(struct engine *engine, const struct completion_input *input,
                                    void (*on_done_user)(void *user,
                                                         struct completion_result *result),
                                    void *user, struct error *err) {
    if (!check_input(input, err)) return NULL;
    struct completion *self = calloc(1, sizeof *self);
    if (self == NULL) {
        error_set(err, ERROR_MEMORY, "no memory for a completion");
        return NULL;
    }
    self->started_ns = clock_ns();
    atomic_init(&self->references, 1);
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->finished, NULL);
    self->raw = input->raw;
    self->grammar = grammar_for_language_id(input->language_id);
    self->on_done = on_done_user;
    self->user = user;
    if (!copy_input(self, input, err)) goto fail;
    const char *declined = trigger_decline(&self->place);
    if (declined != NULL) {
        finish(self, &(struct completion_result){.reason = declined});
        return self;
    }
    if (!submit(self, engine, input, err)) goto fail;
    return self;
fail:
    unreference(self);
    return NULL;
}
