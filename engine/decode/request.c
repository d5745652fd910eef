#include "engine/decode/request.h"
#include "base/clock.h"
#include "engine/decode/sampler.h"
#include "engine/tokenizer/tokenizer.h"

#include <stdlib.h>
#include <string.h>

/* ---- checking -------------------------------------------------------------------------------- */

static bool check_tokens(const int32_t *tokens, size_t n, uint32_t n_vocab, const char *what,
                         struct error *err) {
    for (size_t i = 0; i < n; i++)
        if (tokens[i] < 0 || (uint32_t)tokens[i] >= n_vocab)
            return error_set(err, ERROR_ARGUMENT, "%s %zu is %d; the model knows tokens 0 to %u",
                             what, i + 1, tokens[i], n_vocab - 1);
    return true;
}

/* Pieces of text are cut at stop strings, so one that begins or ends inside a character would cut
 * characters in two. Valid UTF-8 passes through a utf8_stream unchanged. */
static bool is_utf8(const char *string, struct error *err) {
    size_t length = strlen(string);
    char *out = malloc(3 * length + 12);
    if (out == NULL) return error_set(err, ERROR_MEMORY, "no memory for a stop string");
    struct utf8_stream stream = {0};
    size_t written = utf8_stream_feed(&stream, string, length, out);
    bool valid = stream.n_pending == 0 && written == length && memcmp(out, string, length) == 0;
    free(out);
    return valid || error_set(err, ERROR_ARGUMENT, "a stop string is not valid UTF-8");
}

static bool check_options(const struct engine_request_options *options, uint32_t n_vocab,
                          uint32_t n_context, struct error *err) {
    if (options->prompt == NULL || options->n_prompt == 0)
        return error_set(err, ERROR_ARGUMENT, "the prompt is empty");
    if (options->n_prompt >= n_context)
        return error_set(err, ERROR_ARGUMENT,
                         "a prompt of %zu tokens leaves no room in a context of %u",
                         options->n_prompt, n_context);
    if (!check_tokens(options->prompt, options->n_prompt, n_vocab, "prompt token", err) ||
        !check_tokens(options->stop_tokens, options->n_stop_tokens, n_vocab, "stop token", err) ||
        !sampling_check(&options->sampling, err))
        return false;
    for (size_t i = 0; i < options->n_stop_strings; i++)
        if (*options->stop_strings[i] != '\0' && !is_utf8(options->stop_strings[i], err))
            return false;
    return true;
}

/* ---- making one ------------------------------------------------------------------------------ */

static bool copy_tokens(int32_t **copy, const int32_t *tokens, size_t n, struct error *err) {
    *copy = malloc(sizeof **copy * (n ? n : 1));
    if (*copy == NULL) return error_set(err, ERROR_MEMORY, "no memory for a request");
    if (n > 0) memcpy(*copy, tokens, sizeof **copy * n);
    return true;
}

static void destroy(struct engine_request *self) {
    pthread_cond_destroy(&self->is_done);
    pthread_mutex_destroy(&self->mutex);
    stop_free(self->stop);
    free(self->stop_tokens);
    free(self->prompt);
    free(self);
}

struct engine_request *request_create(const struct engine_request_options *options,
                                      uint32_t n_vocab, uint32_t n_context, struct error *err) {
    if (!check_options(options, n_vocab, n_context, err)) return NULL;
    struct engine_request *self = calloc(1, sizeof *self);
    if (self == NULL) {
        error_set(err, ERROR_MEMORY, "no memory for a request");
        return NULL;
    }
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->is_done, NULL);
    atomic_init(&self->references, 2);
    atomic_init(&self->cancelled, false);
    self->stop = stop_create(options->stop_strings, options->n_stop_strings, err);
    if (self->stop == NULL ||
        !copy_tokens(&self->prompt, options->prompt, options->n_prompt, err) ||
        !copy_tokens(&self->stop_tokens, options->stop_tokens, options->n_stop_tokens, err)) {
        destroy(self);
        return NULL;
    }
    self->n_prompt = (uint32_t)options->n_prompt;
    self->n_stop_tokens = options->n_stop_tokens;
    uint32_t room = n_context - self->n_prompt;
    self->max_tokens =
        options->max_tokens > 0 && options->max_tokens < room ? options->max_tokens : room;
    self->sampling = options->sampling;
    self->on_text = options->on_text;
    self->on_done = options->on_done;
    self->user = options->user;
    self->result.prompt_tokens = self->n_prompt;
    self->submitted_ns = clock_ns();
    return self;
}

void request_unref(struct engine_request *self) {
    if (self == NULL) return;
    if (atomic_fetch_sub_explicit(&self->references, 1, memory_order_acq_rel) == 1) destroy(self);
}

/* ---- its life -------------------------------------------------------------------------------- */

bool request_is_cancelled(const struct engine_request *self) {
    return atomic_load_explicit(&self->cancelled, memory_order_acquire);
}

bool request_stops_at(const struct engine_request *self, int32_t token) {
    for (size_t i = 0; i < self->n_stop_tokens; i++)
        if (self->stop_tokens[i] == token) return true;
    return false;
}

void request_finish(struct engine_request *self) {
    if (self->on_done != NULL) self->on_done(self->user, &self->result);
    pthread_mutex_lock(&self->mutex);
    self->done = true;
    pthread_cond_broadcast(&self->is_done);
    pthread_mutex_unlock(&self->mutex);
    request_unref(self);
}

void request_finish_cancelled(struct engine_request *self) {
    self->result.finish = FINISH_CANCELLED;
    self->result.queue_ms = clock_ms_between(self->submitted_ns, clock_ns());
    request_finish(self);
}

/* ---- the handle ------------------------------------------------------------------------------ */

void engine_cancel(struct engine_request *request) {
    atomic_store_explicit(&request->cancelled, true, memory_order_release);
}

void engine_request_release(struct engine_request *request) {
    request_unref(request);
}

void engine_wait(struct engine_request *request) {
    pthread_mutex_lock(&request->mutex);
    while (!request->done)
        pthread_cond_wait(&request->is_done, &request->mutex);
    pthread_mutex_unlock(&request->mutex);
}
