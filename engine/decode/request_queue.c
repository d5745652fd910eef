#include "engine/decode/request_queue.h"

#include <string.h>

void request_queue_init(struct request_queue *self) {
    memset(self, 0, sizeof *self);
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->changed, NULL);
}

void request_queue_destroy(struct request_queue *self) {
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->mutex);
}

bool request_queue_push(struct request_queue *self, struct engine_request *request,
                        struct error *err) {
    pthread_mutex_lock(&self->mutex);
    bool closed = self->closed, full = self->length == REQUEST_QUEUE_CAPACITY;
    if (!closed && !full) {
        self->waiting[self->length++] = request;
        pthread_cond_signal(&self->changed);
    }
    pthread_mutex_unlock(&self->mutex);
    if (closed) return error_set(err, ERROR_CANCELLED, "the engine is closing");
    if (full)
        return error_set(err, ERROR_BUSY, "%d requests are waiting already; try again later",
                         REQUEST_QUEUE_CAPACITY);
    return true;
}

/* Under the mutex. */
static struct engine_request *take(struct request_queue *self, size_t at) {
    struct engine_request *request = self->waiting[at];
    self->length--;
    memmove(self->waiting + at, self->waiting + at + 1,
            sizeof *self->waiting * (self->length - at));
    return request;
}

struct engine_request *request_queue_pop(struct request_queue *self) {
    pthread_mutex_lock(&self->mutex);
    while (self->length == 0 && !self->closed)
        pthread_cond_wait(&self->changed, &self->mutex);
    struct engine_request *request = self->length > 0 ? take(self, 0) : NULL;
    pthread_mutex_unlock(&self->mutex);
    return request;
}

bool request_queue_sweep(struct request_queue *self) {
    struct engine_request *ended[REQUEST_QUEUE_CAPACITY];
    size_t n = 0;
    pthread_mutex_lock(&self->mutex);
    bool closed = self->closed;
    for (size_t i = 0; i < self->length;)
        if (closed || request_is_cancelled(self->waiting[i]))
            ended[n++] = take(self, i);
        else
            i++;
    pthread_mutex_unlock(&self->mutex);
    /* Outside the mutex: on_done may submit. */
    for (size_t i = 0; i < n; i++)
        request_finish_cancelled(ended[i]);
    return !closed;
}

void request_queue_close(struct request_queue *self) {
    pthread_mutex_lock(&self->mutex);
    self->closed = true;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->mutex);
}
