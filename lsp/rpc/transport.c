#include "lsp/rpc/transport.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 64 << 10, LOW_WATER = TRANSPORT_HIGH_WATER / 4 };

/* Bytes on their way out. */
struct frame {
    struct frame *next; /* where it cannot be handed to libuv yet */
    struct transport *transport;
    char *bytes;
    size_t length, written;
    uv_write_t request;
};

union any_stream {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_pipe_t pipe;
    uv_tty_t tty;
    uv_tcp_t tcp;
};

/* One direction. libuv polls no plain files: these are read and written on its thread pool, one
 * operation at a time. */
struct side {
    bool is_file;
    uv_file file;
    uv_fs_t operation;
    bool busy; /* `operation` is under way */
    union any_stream as;
};

struct transport {
    uv_loop_t *loop;
    struct transport_handlers handlers;
    struct side input, output; /* a socket is both: then only `input` is used */
    bool is_socket;
    bool connected;        /* bytes can go out */
    bool paused;           /* too much waits: reading has stopped */
    bool ended;            /* on_end was or will be called */
    bool broken;           /* nothing can be written any more */
    bool closing, closed;  /* transport_close was called; the handles are being closed */
    struct frame *waiting; /* oldest first */
    size_t queued;
    uv_connect_t connect;
    uv_timer_t timer; /* until on_end; then the grace while closing */
    struct error end_error;
    unsigned n_handles; /* initialised and not yet closed */
    void (*on_closed)(void *user);
    char buffer[READ_SIZE]; /* where reads land: there is one at a time */
};

static void free_when_idle(struct transport *self);
static void close_handles(struct transport *self);

static void on_ended(uv_timer_t *timer) {
    struct transport *self = timer->data;
    self->handlers.on_end(self->handlers.user,
                          self->end_error.code != ERROR_NONE ? &self->end_error : NULL);
}

/* on_end comes from the loop, never out of a call of the owner's: who writes need not expect that
 * the session is gone afterwards. */
static void end(struct transport *self, const struct error *err) {
    if (self->ended || self->closing) return;
    self->ended = true;
    if (err != NULL) {
        self->broken = true;
        self->end_error = *err;
    }
    uv_timer_start(&self->timer, on_ended, 0, 0);
}

static void end_with(struct transport *self, int status, const char *what) {
    struct error err = ERROR_INIT;
    error_set(&err, ERROR_IO, "%s: %s", what, uv_strerror(status));
    end(self, &err);
}

/* ---- reading -------------------------------------------------------------------------------- */

static void start_reading(struct transport *self);

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    (void)suggested;
    struct transport *self = handle->data;
    *buffer = uv_buf_init(self->buffer, sizeof self->buffer);
}

static void take_read(struct transport *self, ssize_t n) {
    if (n > 0)
        self->handlers.on_bytes(self->handlers.user, self->buffer, (size_t)n);
    else if (n == UV_EOF || n == UV_ECONNRESET)
        end(self, NULL);
    else if (n < 0)
        end_with(self, (int)n, "reading from the client failed");
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer) {
    (void)buffer;
    struct transport *self = stream->data;
    if (!self->closing) take_read(self, n);
}

static void on_file_read(uv_fs_t *operation) {
    struct transport *self = operation->data;
    ssize_t n = operation->result;
    uv_fs_req_cleanup(operation);
    self->input.busy = false;
    if (!self->closing) take_read(self, n == 0 ? UV_EOF : n);
    if (!self->closing && !self->ended && !self->paused) start_reading(self);
    free_when_idle(self);
}

static void start_reading(struct transport *self) {
    int status = 0;
    struct side *input = &self->input;
    if (!input->is_file) {
        status = uv_read_start(&input->as.stream, on_alloc, on_read);
    } else if (!input->busy) {
        uv_buf_t buffer = uv_buf_init(self->buffer, sizeof self->buffer);
        input->operation.data = self;
        status =
            uv_fs_read(self->loop, &input->operation, input->file, &buffer, 1, -1, on_file_read);
        input->busy = status == 0;
    }
    if (status != 0 && status != UV_EALREADY)
        end_with(self, status, "reading from the client failed");
}

static void stop_reading(struct transport *self) {
    if (!self->input.is_file) uv_read_stop(&self->input.as.stream);
}

/* ---- writing -------------------------------------------------------------------------------- */

static void pump(struct transport *self);

static void frame_free(struct frame *frame) {
    free(frame->bytes);
    free(frame);
}

static void frame_done(struct frame *frame, int status) {
    struct transport *self = frame->transport;
    self->queued -= frame->length;
    frame_free(frame);
    if (self->closing) {
        if (self->queued == 0 || status != 0) close_handles(self);
        return;
    }
    if (status != 0) self->broken = true;
    if (status == UV_EPIPE || status == UV_ECONNRESET)
        end(self, NULL);
    else if (status != 0)
        end_with(self, status, "writing to the client failed");
    else if (self->paused && self->queued <= LOW_WATER) {
        self->paused = false;
        start_reading(self);
    }
}

static void on_write(uv_write_t *request, int status) {
    frame_done(request->data, status);
}

static void on_file_write(uv_fs_t *operation) {
    struct transport *self = operation->data;
    ssize_t n = operation->result;
    uv_fs_req_cleanup(operation);
    self->output.busy = false;
    struct frame *frame = self->waiting;
    if (n > 0) frame->written += (size_t)n;
    if (n < 0 || frame->written == frame->length) {
        self->waiting = frame->next;
        frame_done(frame, n < 0 ? (int)n : 0);
    }
    if (!self->closed) pump(self);
    free_when_idle(self);
}

/* Hands what waits to libuv. */
static void pump(struct transport *self) {
    struct side *output = &self->output;
    if (!self->is_socket && output->is_file) {
        struct frame *frame = self->waiting;
        if (frame == NULL || output->busy) return;
        uv_buf_t buffer =
            uv_buf_init(frame->bytes + frame->written, (unsigned)(frame->length - frame->written));
        output->operation.data = self;
        int status = uv_fs_write(self->loop, &output->operation, output->file, &buffer, 1, -1,
                                 on_file_write);
        output->busy = status == 0;
        if (status != 0) end_with(self, status, "writing to the client failed");
        return;
    }
    uv_stream_t *stream = self->is_socket ? &self->input.as.stream : &output->as.stream;
    while (self->waiting != NULL) {
        struct frame *frame = self->waiting;
        self->waiting = frame->next;
        frame->request.data = frame;
        uv_buf_t buffer = uv_buf_init(frame->bytes, (unsigned)frame->length);
        int status = uv_write(&frame->request, stream, &buffer, 1, on_write);
        if (status != 0) frame_done(frame, status);
    }
}

void transport_write(struct transport *self, char *bytes, size_t length) {
    struct frame *frame = self->broken || self->closing ? NULL : calloc(1, sizeof *frame);
    if (frame == NULL) {
        free(bytes);
        return;
    }
    *frame = (struct frame){.transport = self, .bytes = bytes, .length = length};
    struct frame **last = &self->waiting;
    while (*last != NULL)
        last = &(*last)->next;
    *last = frame;
    self->queued += length;
    if (self->queued > TRANSPORT_LIMIT) {
        struct error err = ERROR_INIT;
        error_set(&err, ERROR_IO, "the client reads no answers: %zu bytes wait for it",
                  self->queued);
        end(self, &err);
        return;
    }
    if (self->queued > TRANSPORT_HIGH_WATER && !self->paused) {
        self->paused = true;
        stop_reading(self);
    }
    if (self->connected) pump(self);
}

size_t transport_queued(const struct transport *self) {
    return self->queued;
}

/* ---- closing -------------------------------------------------------------------------------- */

static void free_when_idle(struct transport *self) {
    if (!self->closed || self->n_handles > 0 || self->input.busy || self->output.busy) return;
    while (self->waiting != NULL) {
        struct frame *frame = self->waiting;
        self->waiting = frame->next;
        frame_free(frame);
    }
    void (*on_closed)(void *user) = self->on_closed;
    void *user = self->handlers.user;
    free(self);
    if (on_closed != NULL) on_closed(user);
}

static void on_handle_closed(uv_handle_t *handle) {
    struct transport *self = handle->data;
    self->n_handles--;
    free_when_idle(self);
}

static void close_handles(struct transport *self) {
    if (self->closed) return;
    self->closed = true;
    uv_close((uv_handle_t *)&self->timer, on_handle_closed);
    union any_stream *streams[] = {&self->input.as, &self->output.as};
    for (size_t i = 0; i < 2; i++)
        if (streams[i]->handle.data != NULL && !uv_is_closing(&streams[i]->handle))
            uv_close(&streams[i]->handle, on_handle_closed);
}

static void on_grace_over(uv_timer_t *timer) {
    close_handles(timer->data);
}

void transport_close(struct transport *self, unsigned grace_ms, void (*on_closed)(void *user)) {
    if (self->closing) return;
    self->closing = true;
    self->on_closed = on_closed;
    stop_reading(self);
    /* A client that closed its end may still read: `cat session | aerie` sees every answer. */
    if (self->queued > 0 && self->connected && !self->broken && grace_ms > 0 &&
        uv_timer_start(&self->timer, on_grace_over, grace_ms, 0) == 0)
        return;
    close_handles(self);
}

/* ---- opening -------------------------------------------------------------------------------- */

static struct transport *create(uv_loop_t *loop, const struct transport_handlers *handlers,
                                struct error *err) {
    struct transport *self = calloc(1, sizeof *self);
    if (self == NULL) {
        error_set(err, ERROR_MEMORY, "no memory for the connection to the client");
        return NULL;
    }
    self->loop = loop;
    self->handlers = *handlers;
    uv_timer_init(loop, &self->timer);
    self->timer.data = self;
    self->n_handles = 1;
    return self;
}

/* Wraps a descriptor. A handle that was initialised is marked by its `data`, for close_handles. */
static int open_side(struct transport *self, struct side *side, int fd) {
    int status;
    switch (uv_guess_handle(fd)) {
    case UV_TTY:
        status = uv_tty_init(self->loop, &side->as.tty, fd, 0);
        break;
    case UV_NAMED_PIPE:
        status = uv_pipe_init(self->loop, &side->as.pipe, 0);
        break;
    case UV_TCP:
        status = uv_tcp_init(self->loop, &side->as.tcp);
        break;
    case UV_FILE:
        side->is_file = true;
        side->file = fd;
        return 0;
    default:
        return UV_EBADF;
    }
    if (status != 0) return status;
    side->as.handle.data = self;
    self->n_handles++;
    if (side->as.handle.type == UV_NAMED_PIPE) return uv_pipe_open(&side->as.pipe, fd);
    if (side->as.handle.type == UV_TCP) return uv_tcp_open(&side->as.tcp, fd);
    return 0;
}

/* Closes a half-made transport; the loop must still run once to free it. */
static struct transport *give_up(struct transport *self, int status, const char *what,
                                 struct error *err) {
    error_set(err, ERROR_IO, "%s: %s", what, uv_strerror(status));
    self->closing = true;
    close_handles(self);
    return NULL;
}

struct transport *transport_open_files(uv_loop_t *loop, int input, int output,
                                       const struct transport_handlers *handlers,
                                       struct error *err) {
    struct transport *self = create(loop, handlers, err);
    if (self == NULL) return NULL;
    int status = open_side(self, &self->input, input);
    if (status != 0) return give_up(self, status, "cannot read from the client", err);
    status = open_side(self, &self->output, output);
    if (status != 0) return give_up(self, status, "cannot write to the client", err);
    self->connected = true;
    start_reading(self);
    return self;
}

struct transport *transport_open_stdio(uv_loop_t *loop, const struct transport_handlers *handlers,
                                       struct error *err) {
    return transport_open_files(loop, STDIN_FILENO, STDOUT_FILENO, handlers, err);
}

static void on_connect(uv_connect_t *request, int status) {
    struct transport *self = request->handle->data;
    if (self->closing) return;
    if (status != 0) {
        end_with(self, status, "cannot connect to the client");
        return;
    }
    self->connected = true;
    if (request->handle->type == UV_TCP) uv_tcp_nodelay(&self->input.as.tcp, 1);
    if (!self->paused) start_reading(self);
    pump(self);
}

struct transport *transport_open_pipe(uv_loop_t *loop, const char *path,
                                      const struct transport_handlers *handlers,
                                      struct error *err) {
    struct transport *self = create(loop, handlers, err);
    if (self == NULL) return NULL;
    self->is_socket = true;
    int status = uv_pipe_init(loop, &self->input.as.pipe, 0);
    if (status != 0) return give_up(self, status, "cannot open a pipe", err);
    self->input.as.handle.data = self;
    self->n_handles++;
    uv_pipe_connect(&self->connect, &self->input.as.pipe, path, on_connect);
    return self;
}

struct transport *transport_open_socket(uv_loop_t *loop, int port,
                                        const struct transport_handlers *handlers,
                                        struct error *err) {
    struct transport *self = create(loop, handlers, err);
    if (self == NULL) return NULL;
    self->is_socket = true;
    int status = uv_tcp_init(loop, &self->input.as.tcp);
    if (status != 0) return give_up(self, status, "cannot open a socket", err);
    self->input.as.handle.data = self;
    self->n_handles++;
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", port, &address);
    status = uv_tcp_connect(&self->connect, &self->input.as.tcp, (const struct sockaddr *)&address,
                            on_connect);
    if (status != 0) return give_up(self, status, "cannot connect to the client", err);
    return self;
}
