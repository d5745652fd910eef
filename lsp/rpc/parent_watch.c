#include "lsp/rpc/parent_watch.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { POLL_MS = 1000 };

struct parent_watch {
    pid_t pid;
    int pidfd; /* -1: ask every second instead */
    union {
        uv_handle_t handle;
        uv_poll_t poll;
        uv_timer_t timer;
    } as;
    void (*on_gone)(void *user);
    void *user;
    bool told;
};

/* A pidfd becomes readable the moment the process ends, even while nobody has collected its exit
 * status, and cannot be fooled by a reused number. Linux 5.3 and later. */
static int open_pidfd(pid_t pid) {
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, pid, 0);
#else
    (void)pid;
    errno = ENOSYS;
    return -1;
#endif
}

static void tell(struct parent_watch *self) {
    if (self->told) return;
    self->told = true;
    self->on_gone(self->user);
}

static void on_poll(uv_poll_t *poll, int status, int events) {
    (void)status, (void)events;
    uv_poll_stop(poll);
    tell(poll->data);
}

static void on_timer(uv_timer_t *timer) {
    struct parent_watch *self = timer->data;
    if (kill(self->pid, 0) == 0 || errno == EPERM) return;
    uv_timer_stop(timer);
    tell(self);
}

struct parent_watch *parent_watch_create(uv_loop_t *loop, int64_t pid, void (*on_gone)(void *user),
                                         void *user, struct error *err) {
    if (pid <= 0 || pid > INT32_MAX) {
        error_set(err, ERROR_ARGUMENT, "%lld is not a process id", (long long)pid);
        return NULL;
    }
    struct parent_watch *self = calloc(1, sizeof *self);
    if (self == NULL) {
        error_set(err, ERROR_MEMORY, "no memory to watch the client's process");
        return NULL;
    }
    self->pid = (pid_t)pid;
    self->on_gone = on_gone;
    self->user = user;
    self->pidfd = open_pidfd(self->pid);
    if (self->pidfd >= 0 && uv_poll_init(loop, &self->as.poll, self->pidfd) == 0) {
        self->as.handle.data = self;
        uv_poll_start(&self->as.poll, UV_READABLE, on_poll);
    } else {
        if (self->pidfd >= 0) close(self->pidfd);
        self->pidfd = -1;
        uv_timer_init(loop, &self->as.timer);
        self->as.handle.data = self;
        uv_timer_start(&self->as.timer, on_timer, POLL_MS, POLL_MS);
    }
    /* The session's own handles keep the loop alive, watching must not. */
    uv_unref(&self->as.handle);
    return self;
}

static void on_closed(uv_handle_t *handle) {
    struct parent_watch *self = handle->data;
    if (self->pidfd >= 0) close(self->pidfd);
    free(self);
}

void parent_watch_free(struct parent_watch *self) {
    if (self != NULL) uv_close(&self->as.handle, on_closed);
}
