#include "lsp/server/mailbox.h"

#include <stdlib.h>

struct mailbox {
    uv_async_t wakeup;
    uv_mutex_t lock;
    struct mail *first, **last; /* guarded by lock; oldest first */
};

static void deliver_all(struct mailbox *self) {
    uv_mutex_lock(&self->lock);
    struct mail *mail = self->first;
    self->first = NULL;
    self->last = &self->first;
    uv_mutex_unlock(&self->lock);
    while (mail != NULL) {
        struct mail *next = mail->next;
        mail->deliver(mail);
        mail = next;
    }
}

static void on_wakeup(uv_async_t *wakeup) {
    deliver_all(wakeup->data);
}

struct mailbox *mailbox_create(uv_loop_t *loop, struct error *err) {
    struct mailbox *self = calloc(1, sizeof *self);
    if (self == NULL || uv_mutex_init(&self->lock) != 0) {
        error_set(err, ERROR_MEMORY, "no memory for the mailbox");
        goto fail_memory;
    }
    self->last = &self->first;
    int status = uv_async_init(loop, &self->wakeup, on_wakeup);
    if (status != 0) {
        error_set(err, ERROR_IO, "cannot make a wake-up for the event loop: %s",
                  uv_strerror(status));
        goto fail_async;
    }
    self->wakeup.data = self;
    return self;

fail_async:
    uv_mutex_destroy(&self->lock);
fail_memory:
    free(self);
    return NULL;
}

void mailbox_post(struct mailbox *self, struct mail *mail) {
    mail->next = NULL;
    uv_mutex_lock(&self->lock);
    *self->last = mail;
    self->last = &mail->next;
    /* Inside the lock: a mail that is delivered may lead to mailbox_close, which then waits here
     * until this thread is done with the handle. */
    uv_async_send(&self->wakeup);
    uv_mutex_unlock(&self->lock);
}

static void on_closed(uv_handle_t *handle) {
    struct mailbox *self = handle->data;
    uv_mutex_destroy(&self->lock);
    free(self);
}

void mailbox_close(struct mailbox *self) {
    if (self == NULL) return;
    uv_mutex_lock(&self->lock);
    uv_mutex_unlock(&self->lock);
    uv_close((uv_handle_t *)&self->wakeup, on_closed);
}
