#include "engine/decode/generation.h"
#include "base/clock.h"
#include "engine/decode/text_stream.h"

#include <stdlib.h>

bool generation_init(struct generation *self, struct runtime *runtime,
                     const struct tokenizer *tokenizer, bool (*keep_going)(void *user), void *user,
                     struct error *err) {
    *self = (struct generation){
        .runtime = runtime, .tokenizer = tokenizer, .keep_going = keep_going, .user = user};
    chunk_init(&self->chunk, runtime->max_step_tokens);
    self->sampler = sampler_create(runtime->n_vocab, err);
    self->logits = malloc(sizeof *self->logits * runtime->n_vocab);
    if (self->logits == NULL) error_set(err, ERROR_MEMORY, "no memory for logits");
    if (self->sampler != NULL && self->logits != NULL &&
        prefix_init(&self->cached, runtime->n_context, err))
        return true;
    generation_release(self);
    return false;
}

void generation_release(struct generation *self) {
    prefix_release(&self->cached);
    sampler_free(self->sampler);
    free(self->logits);
    *self = (struct generation){0};
}

/* ---- steps ----------------------------------------------------------------------------------- */

static bool may_step(struct generation *self, const struct engine_request *request) {
    bool going = self->keep_going(self->user);
    return going && !request_is_cancelled(request);
}

/* Computes tokens behind what the cache holds, and books them. */
static bool compute(struct generation *self, const int32_t *tokens, uint32_t n, float *logits,
                    struct error *err) {
    if (!runtime_forward(self->runtime, tokens, n, self->cached.length, logits, err)) return false;
    prefix_append(&self->cached, tokens, n);
    return true;
}

enum phase { PHASE_DONE, PHASE_ENDED }; /* go on, or the result says how the request ended */

static enum phase ended(struct engine_result *result, enum finish_reason finish) {
    result->finish = finish;
    return PHASE_ENDED;
}

static enum phase prefill(struct generation *self, struct engine_request *request) {
    struct engine_result *result = &request->result;
    /* Before the cache is cut back: one that never runs must not cost the next one its prefix. */
    if (!may_step(self, request)) return ended(result, FINISH_CANCELLED);
    uint32_t reused = prefix_match(&self->cached, request->prompt, request->n_prompt);
    /* The last prompt token is always computed: its logits choose the first new token. */
    if (reused == request->n_prompt) reused--;
    prefix_truncate(&self->cached, reused);
    result->cached_tokens = reused;
    for (;;) {
        uint32_t at = self->cached.length, left = request->n_prompt - at;
        uint32_t n = chunk_next(&self->chunk, left);
        uint64_t start = clock_ns();
        if (!compute(self, request->prompt + at, n, n == left ? self->logits : NULL,
                     &result->error))
            return ended(result, FINISH_ERROR);
        chunk_measured(&self->chunk, n, clock_ms_between(start, clock_ns()));
        if (n == left) return PHASE_DONE;
        if (!may_step(self, request)) return ended(result, FINISH_CANCELLED);
    }
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static bool ends_text(const struct generation *self, const struct engine_request *request,
                      int32_t token) {
    return request_stops_at(request, token) ||
           (self->tokenizer != NULL && tokenizer_is_end(self->tokenizer, token));
}

static enum finish_reason finish_of(enum text_outcome outcome, enum finish_reason otherwise) {
    switch (outcome) {
    case TEXT_STOP_STRING:
        return FINISH_STOP_STRING;
    case TEXT_CONSUMER_DONE:
        return FINISH_CONSUMER;
    case TEXT_ERROR:
        return FINISH_ERROR;
    case TEXT_MORE:
        break;
    }
    return otherwise;
}

static void decode(struct generation *self, struct engine_request *request,
                   struct text_stream *text) {
    struct engine_result *result = &request->result;
    double log_probabilities = 0;
    sampler_start(self->sampler, &request->sampling);
    for (;;) {
        if (!may_step(self, request)) {
            ended(result, FINISH_CANCELLED);
            return;
        }
        double log_probability;
        int32_t token = sampler_choose(self->sampler, self->logits, &log_probability);
        if (token < 0) {
            error_set(&result->error, ERROR_BACKEND,
                      "the model's output holds no number: its file is damaged, or the backend is");
            ended(result, FINISH_ERROR);
            return;
        }
        if (ends_text(self, request, token)) {
            enum text_outcome outcome = text_stream_finish(text, true, &result->error);
            ended(result, finish_of(outcome, FINISH_STOP_TOKEN));
            return;
        }
        log_probabilities += log_probability;
        result->completion_tokens++;
        result->mean_log_probability = log_probabilities / result->completion_tokens;

        enum text_outcome outcome = text_stream_token(text, token, &result->error);
        bool full = result->completion_tokens == request->max_tokens;
        if (outcome == TEXT_MORE && full) outcome = text_stream_finish(text, false, &result->error);
        if (outcome != TEXT_MORE || full) {
            ended(result, finish_of(outcome, FINISH_LENGTH));
            return;
        }
        /* on_text may have cancelled, or taken its time. */
        if (!may_step(self, request)) {
            ended(result, FINISH_CANCELLED);
            return;
        }
        if (!compute(self, &token, 1, self->logits, &result->error)) {
            ended(result, FINISH_ERROR);
            return;
        }
    }
}

void generation_run(struct generation *self, struct engine_request *request) {
    struct engine_result *result = &request->result;
    struct text_stream text = {.tokenizer = self->tokenizer,
                               .stop = request->stop,
                               .on_text = request->on_text,
                               .user = request->user};
    uint64_t start = clock_ns();
    result->queue_ms = clock_ms_between(request->submitted_ns, start);
    enum phase phase = prefill(self, request);
    uint64_t prefilled = clock_ns();
    result->prefill_ms = clock_ms_between(start, prefilled);
    if (phase == PHASE_DONE) {
        decode(self, request, &text);
        result->decode_ms = clock_ms_between(prefilled, clock_ns());
    }
    text_stream_release(&text);
}
