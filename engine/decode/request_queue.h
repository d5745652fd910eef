/* Requests that wait for the engine thread: bounded, first in first out, safe from any thread. */
#ifndef AERIE_ENGINE_DECODE_REQUEST_QUEUE_H
#define AERIE_ENGINE_DECODE_REQUEST_QUEUE_H

#include "engine/decode/request.h"

#define REQUEST_QUEUE_CAPACITY 64

struct request_queue {
    pthread_mutex_t mutex; /* guards everything below */
    pthread_cond_t changed;
    struct engine_request *waiting[REQUEST_QUEUE_CAPACITY]; /* [length], oldest first */
    size_t length;
    bool closed;
};

void request_queue_init(struct request_queue *self);
void request_queue_destroy(struct request_queue *self); /* empty, no thread waits */

/* False on failure: ERROR_BUSY (full), ERROR_CANCELLED (closed). */
bool request_queue_push(struct request_queue *self, struct engine_request *request,
                        struct error *err);

/* The oldest request; sleeps until there is one. NULL once the queue is closed and empty. */
struct engine_request *request_queue_pop(struct request_queue *self);

/* Takes the requests out that are cancelled, all of them once the queue is closed, and finishes
 * them: they need not wait for their turn to be told. Returns false once the queue is closed. */
bool request_queue_sweep(struct request_queue *self);

/* No request comes in any more. */
void request_queue_close(struct request_queue *self);

#endif
