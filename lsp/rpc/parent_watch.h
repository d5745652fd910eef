/* Tells when another process (the editor) is gone, so that no server is left behind. */
#ifndef AERIE_LSP_RPC_PARENT_WATCH_H
#define AERIE_LSP_RPC_PARENT_WATCH_H

#include "base/error.h"

#include <stdint.h>
#include <uv.h>

struct parent_watch;

/* Calls on_gone once, from the loop, when process `pid` ends; after a second, if there
 * is none. NULL on
 * failure: ERROR_ARGUMENT (no process has such a number), ERROR_MEMORY, ERROR_IO. */
struct parent_watch *parent_watch_create(uv_loop_t *loop, int64_t pid, void (*on_gone)(void *user),
                                         void *user, struct error *err);

/* Stops watching; the loop frees it. NULL is fine. */
void parent_watch_free(struct parent_watch *self);

#endif
