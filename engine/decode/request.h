/* A request as the engine keeps it, and its handle. Reference counted: one reference is the
 * caller's handle, one the engine's until on_done has returned. */
#ifndef AERIE_ENGINE_DECODE_REQUEST_H
#define AERIE_ENGINE_DECODE_REQUEST_H

#include "engine/decode/stop.h"
#include "engine/engine.h"

#include <pthread.h>
#include <stdatomic.h>

struct engine_request {
    /* Fixed at creation. */
    int32_t *prompt; /* [n_prompt] */
    uint32_t n_prompt;
    uint32_t max_tokens; /* 1 .. what the context leaves */
    struct sampling sampling;
    int32_t *stop_tokens; /* [n_stop_tokens] */
    size_t n_stop_tokens;
    bool (*on_text)(void *user, const char *bytes, size_t length);
    void (*on_done)(void *user, const struct engine_result *result);
    void *user;
    uint64_t submitted_ns;

    /* The engine thread's own. */
    struct stop *stop;
    struct engine_result result;

    atomic_uint references;
    atomic_bool cancelled;

    pthread_mutex_t mutex; /* guards done */
    pthread_cond_t is_done;
    bool done;
};

/* Copies the options; two references. The prompt must be shorter than n_context. NULL on failure:
 * as engine_submit, but for ERROR_BUSY. */
struct engine_request *request_create(const struct engine_request_options *options,
                                      uint32_t n_vocab, uint32_t n_context, struct error *err);
void request_unref(struct engine_request *self); /* NULL is fine */

/* Has somebody asked it to end? */
bool request_is_cancelled(const struct engine_request *self);

/* Is this one of the request's own stop tokens? */
bool request_stops_at(const struct engine_request *self, int32_t token);

/* Calls on_done with self->result, wakes who waits, drops the engine's reference. */
void request_finish(struct engine_request *self);

/* The same for one that never ran. */
void request_finish_cancelled(struct engine_request *self);

#endif
