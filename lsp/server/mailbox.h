/* Messages from any thread to the event loop, in order, without blocking either. */
#ifndef AERIE_LSP_SERVER_MAILBOX_H
#define AERIE_LSP_SERVER_MAILBOX_H

#include "base/error.h"

#include <uv.h>

struct mailbox;

/* Embedded in what is sent, so that posting cannot fail. One is in one mailbox at most once. */
struct mail {
    struct mail *next;
    void (*deliver)(struct mail *self); /* called on the loop; may free the mail */
};

/* NULL on failure: ERROR_MEMORY, ERROR_IO. */
struct mailbox *mailbox_create(uv_loop_t *loop, struct error *err);

/* From any thread. */
void mailbox_post(struct mailbox *self, struct mail *mail);

/* On the loop, once nobody posts any more. The loop frees it. NULL is fine. */
void mailbox_close(struct mailbox *self);

#endif
