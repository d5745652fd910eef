/* The byte stream between client and server, on a libuv loop: stdin and stdout (pipe, terminal or
 * file), a Unix socket, or a TCP connection on this machine. With --pipe and --socket the client
 * listens and the server connects, as LSP 3.18 ("Implementation considerations") has it. */
#ifndef AERIE_LSP_RPC_TRANSPORT_H
#define AERIE_LSP_RPC_TRANSPORT_H

#include "base/error.h"

#include <stddef.h>
#include <uv.h>

struct transport;

struct transport_handlers {
    void (*on_bytes)(void *user, const char *bytes, size_t length);
    /* The client is gone: end of input (err NULL), or why. Called at most once. */
    void (*on_end)(void *user, const struct error *err);
    void *user;
};

/* Each opens one and starts reading once the loop runs. NULL on failure: ERROR_IO, ERROR_MEMORY;
 * a connection that is refused later is reported through on_end. */
struct transport *transport_open_stdio(uv_loop_t *loop, const struct transport_handlers *handlers,
                                       struct error *err);
struct transport *transport_open_files(uv_loop_t *loop, int input, int output,
                                       const struct transport_handlers *handlers,
                                       struct error *err);
struct transport *transport_open_pipe(uv_loop_t *loop, const char *path,
                                      const struct transport_handlers *handlers, struct error *err);
struct transport *transport_open_socket(uv_loop_t *loop, int port,
                                        const struct transport_handlers *handlers,
                                        struct error *err);

/* Queues bytes (malloc'ed; the transport frees them). A client that does not read its answers is
 * not read from either once TRANSPORT_HIGH_WATER bytes wait, and given up at TRANSPORT_LIMIT. */
enum { TRANSPORT_HIGH_WATER = 16 << 20, TRANSPORT_LIMIT = 256 << 20 };
void transport_write(struct transport *self, char *bytes, size_t length);

/* Bytes written and not yet taken by the client. */
size_t transport_queued(const struct transport *self);

/* Stops reading, lets what is queued drain for at most `grace_ms`, then closes and frees. on_closed
 * (may be NULL) is called last. */
void transport_close(struct transport *self, unsigned grace_ms, void (*on_closed)(void *user));

#endif
