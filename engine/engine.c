#include "engine/engine.h"
#include "engine/decode/generation.h"
#include "engine/decode/request_queue.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct engine {
    struct runtime runtime;
    struct tokenizer *tokenizer; /* NULL where this build cannot read the model's vocabulary */
    struct engine_info info;
    struct request_queue queue;
    struct generation generation; /* the engine thread's */
    pthread_t thread;
};

/* ---- the engine thread ----------------------------------------------------------------------- */

static bool keep_going(void *user) {
    return request_queue_sweep(user);
}

static void *run(void *user) {
    struct engine *self = user;
    struct engine_request *request;
    while ((request = request_queue_pop(&self->queue)) != NULL) {
        generation_run(&self->generation, request);
        request_finish(request);
    }
    return NULL;
}

/* Signals are for the program's own threads: a ctrl-C must interrupt its reads, not ours. */
static bool start_thread(struct engine *self, struct error *err) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&self->thread, NULL, run, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0) return true;
    return error_set_errno(err, ERROR_MEMORY, failed, "the engine's thread did not start");
}

/* ---- opening --------------------------------------------------------------------------------- */

static bool open_tokenizer(struct engine *self, struct error *err) {
    struct error own = ERROR_INIT;
    self->tokenizer = model_create_tokenizer(self->runtime.model, &own);
    if (self->tokenizer != NULL) return true;
#ifndef AERIE_HAVE_PCRE2
    if (own.code == ERROR_UNSUPPORTED) return true; /* tokens in, tokens out still works */
#endif
    return error_set(err, own.code, "%s", own.message);
}

static void describe(struct engine *self) {
    const struct runtime *runtime = &self->runtime;
    const struct backend_info *backend = backend_info(runtime->backend);
    const struct tokenizer *tokenizer = self->tokenizer;
    self->info = (struct engine_info){
        .model_name = model_name(runtime->model),
        .architecture = model_architecture(runtime->model),
        .backend = backend->name,
        .device = backend->device,
        .threads = backend->threads,
        .n_context = runtime->n_context,
        .n_vocab = runtime->n_vocab,
        .n_parameters = model_n_parameters(runtime->model),
        .model_bytes = model_weight_bytes(runtime->model),
        .kv_bytes = runtime->kv_bytes,
        .fim_prefix = tokenizer != NULL ? tokenizer_fim_prefix(tokenizer) : -1,
        .fim_suffix = tokenizer != NULL ? tokenizer_fim_suffix(tokenizer) : -1,
        .fim_middle = tokenizer != NULL ? tokenizer_fim_middle(tokenizer) : -1,
    };
}

struct engine *engine_open(const struct engine_options *options, struct error *err) {
    struct engine *self = calloc(1, sizeof *self);
    if (self == NULL) {
        error_set(err, ERROR_MEMORY, "no memory for an engine");
        return NULL;
    }
    if (!runtime_open(&self->runtime, options, err)) goto fail_runtime;
    if (!open_tokenizer(self, err)) goto fail_tokenizer;
    describe(self);
    request_queue_init(&self->queue);
    if (!generation_init(&self->generation, &self->runtime, self->tokenizer, keep_going,
                         &self->queue, err))
        goto fail_generation;
    if (!start_thread(self, err)) goto fail_thread;
    return self;

fail_thread:
    generation_release(&self->generation);
fail_generation:
    request_queue_destroy(&self->queue);
    tokenizer_free(self->tokenizer);
fail_tokenizer:
    runtime_close(&self->runtime);
fail_runtime:
    free(self);
    return NULL;
}

void engine_close(struct engine *self) {
    if (self == NULL) return;
    request_queue_close(&self->queue);
    pthread_join(self->thread, NULL);
    generation_release(&self->generation);
    request_queue_destroy(&self->queue);
    tokenizer_free(self->tokenizer);
    runtime_close(&self->runtime);
    free(self);
}

/* ---- using ----------------------------------------------------------------------------------- */

const struct engine_info *engine_info(const struct engine *self) {
    return &self->info;
}

const struct tokenizer *engine_tokenizer(const struct engine *self) {
    return self->tokenizer;
}

struct engine_request *engine_submit(struct engine *self,
                                     const struct engine_request_options *options,
                                     struct error *err) {
    struct engine_request *request =
        request_create(options, self->runtime.n_vocab, self->runtime.n_context, err);
    if (request == NULL) return NULL;
    if (request_queue_push(&self->queue, request, err)) return request;
    request_unref(request);
    request_unref(request);
    return NULL;
}
