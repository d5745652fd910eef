/* Loads the engine on libuv's thread pool, exchanges it when the settings choose another model, and
 * closes it once nobody uses it. Everything here is called on the loop, and nothing blocks. */
#ifndef AERIE_LSP_SERVER_ENGINE_LOADER_H
#define AERIE_LSP_SERVER_ENGINE_LOADER_H

#include "engine/engine.h"

#include <uv.h>

struct engine_loader;

enum engine_state {
    ENGINE_NONE, /* nothing was asked for */
    ENGINE_LOADING,
    ENGINE_READY,
    ENGINE_FAILED, /* stays so until another choice is made */
};

/* What to load. */
struct engine_choice {
    const char *model; /* as store_resolve takes it; "" = the default model */
    const char *backend;
    unsigned threads, context; /* as in struct engine_options */
};

struct engine_loader_handlers {
    /* `err` is set with ENGINE_FAILED. When the state leaves ENGINE_READY every holder has to let
     * go: the engine is closed after the last. */
    void (*on_state)(void *user, enum engine_state state, const struct error *err);
    void (*on_progress)(void *user, float fraction); /* while loading, a few times a second */
    void (*on_stopped)(void *user);                  /* after engine_loader_stop */
    void *user;
};

/* NULL on failure: ERROR_MEMORY. */
struct engine_loader *engine_loader_create(uv_loop_t *loop,
                                           const struct engine_loader_handlers *handlers,
                                           struct error *err);

/* Loads this instead of what is there; nothing happens where it is the same choice as before. NULL
 * unloads. */
void engine_loader_want(struct engine_loader *self, const struct engine_choice *choice);

enum engine_state engine_loader_state(const struct engine_loader *self);

/* The engine, to be given back; NULL unless ENGINE_READY. */
struct engine *engine_loader_hold(struct engine_loader *self);
void engine_loader_release(struct engine_loader *self);

/* Gives up what is loading, closes the engine when it is free, calls on_stopped, frees itself. */
void engine_loader_stop(struct engine_loader *self);

#endif
