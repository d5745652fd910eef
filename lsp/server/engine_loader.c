#include "lsp/server/engine_loader.h"

#include "engine/model/store.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRESS_MS = 100 };

struct engine_loader {
    uv_loop_t *loop;
    struct engine_loader_handlers handlers;
    enum engine_state state;
    bool stopping;

    bool wanted; /* the choice below is to be loaded */
    char *model, *backend;
    unsigned threads, context;

    struct engine *engine; /* open; handed out only while ENGINE_READY */
    unsigned holders;

    /* The one thing the thread pool does for us at a time: to open an engine or to close one. */
    uv_work_t work;
    bool busy, opening;
    char *work_model, *work_backend;
    struct engine_options options;
    struct engine *opened;
    struct error work_error;
    atomic_bool give_up; /* what is being opened is no longer wanted */
    _Atomic float fraction;

    uv_timer_t timer; /* looks at `fraction` */
    float told;
};

static void step(struct engine_loader *self);

struct engine_loader *engine_loader_create(uv_loop_t *loop,
                                           const struct engine_loader_handlers *handlers,
                                           struct error *err) {
    struct engine_loader *self = calloc(1, sizeof *self);
    if (self == NULL) {
        error_set(err, ERROR_MEMORY, "no memory to load a model with");
        return NULL;
    }
    self->loop = loop;
    self->handlers = *handlers;
    self->work.data = self;
    uv_timer_init(loop, &self->timer);
    self->timer.data = self;
    return self;
}

static void set_state(struct engine_loader *self, enum engine_state state,
                      const struct error *err) {
    if (self->state == state) return;
    self->state = state;
    if (!self->stopping) self->handlers.on_state(self->handlers.user, state, err);
}

/* ---- on the thread pool --------------------------------------------------------------------- */

static bool on_progress(void *user, float fraction) {
    struct engine_loader *self = user;
    atomic_store(&self->fraction, fraction);
    return !atomic_load(&self->give_up);
}

static void work_open(uv_work_t *work) {
    struct engine_loader *self = work->data;
    char *path = store_resolve(self->work_model, &self->work_error);
    if (path == NULL) return;
    self->options.model_path = path;
    if (on_progress(self, 0)) self->opened = engine_open(&self->options, &self->work_error);
    free(path);
}

static void work_close(uv_work_t *work) {
    struct engine_loader *self = work->data;
    engine_close(self->engine);
}

/* ---- on the loop ---------------------------------------------------------------------------- */

static void on_timer(uv_timer_t *timer) {
    struct engine_loader *self = timer->data;
    float fraction = atomic_load(&self->fraction);
    if (fraction == self->told) return;
    self->told = fraction;
    self->handlers.on_progress(self->handlers.user, fraction);
}

static void after_open(uv_work_t *work, int status) {
    (void)status;
    struct engine_loader *self = work->data;
    self->busy = false;
    uv_timer_stop(&self->timer);
    free(self->work_model);
    free(self->work_backend);
    self->engine = self->opened;
    self->opened = NULL;
    if (!atomic_load(&self->give_up)) {
        if (self->engine != NULL)
            set_state(self, ENGINE_READY, NULL);
        else
            set_state(self, ENGINE_FAILED, &self->work_error);
    }
    step(self);
}

static void after_close(uv_work_t *work, int status) {
    (void)status;
    struct engine_loader *self = work->data;
    self->busy = false;
    self->engine = NULL;
    step(self);
}

static void fail(struct engine_loader *self, const char *what) {
    struct error err = ERROR_INIT;
    error_set(&err, ERROR_MEMORY, "%s", what);
    set_state(self, ENGINE_FAILED, &err);
}

static void open_wanted(struct engine_loader *self) {
    self->work_model = strdup(self->model);
    self->work_backend = strdup(self->backend);
    if (self->work_model == NULL || self->work_backend == NULL) {
        free(self->work_model);
        free(self->work_backend);
        fail(self, "no memory to load a model with");
        return;
    }
    self->options = (struct engine_options){.backend = self->work_backend,
                                            .threads = self->threads,
                                            .context = self->context,
                                            .on_progress = on_progress,
                                            .user = self};
    error_clear(&self->work_error);
    atomic_store(&self->give_up, false);
    atomic_store(&self->fraction, 0);
    self->told = 0;
    self->busy = uv_queue_work(self->loop, &self->work, work_open, after_open) == 0;
    if (self->busy) uv_timer_start(&self->timer, on_timer, PROGRESS_MS, PROGRESS_MS);
}

static void on_closed(uv_handle_t *handle) {
    struct engine_loader *self = handle->data;
    struct engine_loader_handlers handlers = self->handlers;
    free(self->model);
    free(self->backend);
    free(self);
    handlers.on_stopped(handlers.user);
}

/* Does the next thing there is to do, if its time has come. */
static void step(struct engine_loader *self) {
    if (self->busy) return;
    if (self->engine != NULL) {
        if (self->state == ENGINE_READY || self->holders > 0) return;
        self->busy = uv_queue_work(self->loop, &self->work, work_close, after_close) == 0;
    } else if (self->stopping) {
        if (!uv_is_closing((uv_handle_t *)&self->timer))
            uv_close((uv_handle_t *)&self->timer, on_closed);
    } else if (self->wanted && self->state == ENGINE_LOADING) {
        open_wanted(self);
    }
}

static bool same_choice(const struct engine_loader *self, const struct engine_choice *choice) {
    if (choice == NULL || !self->wanted) return choice == NULL && !self->wanted;
    return strcmp(self->model, choice->model) == 0 && strcmp(self->backend, choice->backend) == 0 &&
           self->threads == choice->threads && self->context == choice->context;
}

void engine_loader_want(struct engine_loader *self, const struct engine_choice *choice) {
    if (self->stopping || same_choice(self, choice)) return;
    free(self->model);
    free(self->backend);
    self->model = self->backend = NULL;
    self->wanted = choice != NULL;
    if (choice != NULL) {
        self->model = strdup(choice->model);
        self->backend = strdup(choice->backend);
        self->threads = choice->threads;
        self->context = choice->context;
        if (self->model == NULL || self->backend == NULL) {
            self->wanted = false;
            fail(self, "no memory for the model's name");
            step(self);
            return;
        }
    }
    atomic_store(&self->give_up, true);
    set_state(self, choice != NULL ? ENGINE_LOADING : ENGINE_NONE, NULL);
    step(self);
}

enum engine_state engine_loader_state(const struct engine_loader *self) {
    return self->state;
}

struct engine *engine_loader_hold(struct engine_loader *self) {
    if (self->state != ENGINE_READY) return NULL;
    self->holders++;
    return self->engine;
}

void engine_loader_release(struct engine_loader *self) {
    self->holders--;
    step(self);
}

void engine_loader_stop(struct engine_loader *self) {
    self->stopping = true;
    self->state = ENGINE_NONE;
    atomic_store(&self->give_up, true);
    step(self);
}
