#include "lsp/server/completion_job.h"

#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How much text a completion sees. No prompt is that long; a copy of it takes microseconds, one of
 * a whole generated file could stall the loop. The window moves in steps, so that its beginning
 * stays where it is while someone types. */
enum { WINDOW_BEFORE = 512 << 10, WINDOW_AFTER = 256 << 10, WINDOW_STEP = 256 << 10 };

enum { PATIENCE_TICK_MS = 100 };

struct completion_job {
    struct completion_job *next;
    struct server *server;
    const struct completion_kind *kind;
    struct request *request; /* NULL once answered */
    uint64_t deadline_ns;    /* while it waits for the model */
    bool started;            /* it holds the engine, and at least one thread may know it */

    /* What is completed: set at the start, then read by the thread pool. */
    char *uri, *path, *language_id, *text, *selected_text;
    size_t text_length;
    size_t window_start; /* where `text` begins in the document, in bytes */
    size_t offset;       /* in the document */
    size_t selected_start;
    unsigned max_tokens, max_prompt_tokens;
    struct sampling sampling;
    struct engine *engine;

    /* The thread pool's part; `completion` and `start_error` are its alone until work_done. */
    uv_work_t work;
    atomic_bool cancelled;
    struct completion *completion;
    struct error start_error;
    bool work_done;

    /* The engine's part, then the loop's: posted by on_done. */
    struct mail mail;
    bool result_done;
    char *insert_text; /* NULL for nothing to offer */
    size_t insert_length, replace_start, replace_end;
    const char *reason;
    struct error result_error;
    uint32_t prompt_tokens, cached_tokens, completion_tokens;
    double context_ms, prefill_ms, decode_ms;
};

/* ---- making and freeing --------------------------------------------------------------------- */

static void job_free(struct completion_job *job) {
    free(job->uri);
    free(job->path);
    free(job->language_id);
    free(job->text);
    free(job->selected_text);
    free(job->insert_text);
    free(job);
}

static void unlink_and_free(struct completion_job *job) {
    struct server *server = job->server;
    struct completion_job **at = &server->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    bool held = job->started;
    completion_release(job->completion);
    job_free(job);
    if (held && server->loader != NULL) engine_loader_release(server->loader);
    server_finish_stop(server);
}

/* The beginning of the window: on a line's first byte where lines have a sane length, else on a
 * character's. */
static size_t window_begin(const char *text, size_t offset) {
    if (offset <= WINDOW_BEFORE) return 0;
    size_t at = (offset - WINDOW_BEFORE) / WINDOW_STEP * WINDOW_STEP;
    if (at == 0) return 0;
    const char *newline = memchr(text + at, '\n', WINDOW_STEP / 2);
    if (newline != NULL) return (size_t)(newline - text) + 1;
    while (at < offset && ((unsigned char)text[at] & 0xC0) == 0x80)
        at++;
    return at;
}

static bool copy_text(struct completion_job *job, const struct document *document) {
    const char *text = document_text(document);
    size_t length = document_length(document), end = length;
    job->window_start = window_begin(text, job->offset);
    if (end - job->offset > WINDOW_AFTER) end = job->offset + WINDOW_AFTER;
    while (end < length && end > job->offset && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--;
    job->text_length = end - job->window_start;
    job->text = malloc(job->text_length + 1);
    if (job->text == NULL) return false;
    memcpy(job->text, text + job->window_start, job->text_length);
    job->text[job->text_length] = '\0';
    return true;
}

static struct completion_job *job_create(struct server *server, const struct completion_kind *kind,
                                         struct request *request,
                                         const struct completion_place *place) {
    struct completion_job *job = calloc(1, sizeof *job);
    if (job == NULL) return NULL;
    const struct document *document = place->document;
    const struct settings_values *values = settings_values(server->settings);
    job->server = server;
    job->kind = kind;
    job->request = request;
    job->deadline_ns = clock_ns() + (uint64_t)kind->patience_ms * 1000000u;
    job->offset = place->offset;
    job->max_tokens = (unsigned)values->max_tokens;
    job->max_prompt_tokens = (unsigned)values->max_prompt_tokens;
    job->sampling = (struct sampling){.temperature = (float)values->temperature,
                                      .top_k = (uint32_t)values->top_k,
                                      .top_p = (float)values->top_p,
                                      .seed = (uint64_t)values->seed};
    job->uri = strdup(document_uri(document));
    job->path = server_display_path(server, document_uri(document));
    job->language_id = strdup(document_language_id(document));
    bool copied = copy_text(job, document);
    if (copied && place->selected_text != NULL && place->selected_start >= job->window_start) {
        job->selected_text = strdup(place->selected_text);
        job->selected_start = place->selected_start;
        copied = job->selected_text != NULL;
    }
    if (!copied || job->uri == NULL || job->path == NULL || job->language_id == NULL) {
        job_free(job);
        return NULL;
    }
    return job;
}

/* ---- ending --------------------------------------------------------------------------------- */

/* The request has its answer: stops whatever still works for it, and frees the job if nothing
 * does. */
static void detach(struct completion_job *job) {
    job->request = NULL;
    atomic_store(&job->cancelled, true);
    if (!job->started)
        unlink_and_free(job);
    else if (job->work_done && job->completion != NULL && !job->result_done)
        completion_cancel(job->completion);
}

static void on_cancel(void *user) {
    detach(user);
}

static void answer_empty(struct completion_job *job, bool passing) {
    if (job->request != NULL) request_answer(job->request, job->kind->empty(passing));
    job->request = NULL;
}

/* Frees the job once neither the pool nor the engine knows it. */
static void settle(struct completion_job *job) {
    if (job->work_done && job->result_done) unlink_and_free(job);
}

/* ---- the engine's thread and the loop ------------------------------------------------------- */

static void answer_result(struct completion_job *job) {
    struct server *server = job->server;
    const struct document *document = document_store_find(server->documents, job->uri);
    if (job->result_error.code != ERROR_NONE && job->result_error.code != ERROR_CANCELLED)
        server_log(server, LOG_WARNING, "%s: %s", job->kind->name, job->result_error.message);
    server_log(server, LOG_DEBUG,
               "%s: %s; %u prompt tokens (%u cached), %u new; context %.1f ms, prefill %.1f ms, "
               "decode %.1f ms",
               job->kind->name, job->insert_text != NULL ? "offered" : job->reason,
               job->prompt_tokens, job->cached_tokens, job->completion_tokens, job->context_ms,
               job->prefill_ms, job->decode_ms);
    json_t *answer = NULL;
    if (job->insert_text != NULL && document != NULL)
        answer = job->kind->render(
            server, document, job->offset, job->window_start + job->replace_start,
            job->window_start + job->replace_end, job->insert_text, job->insert_length);
    if (answer == NULL) answer = job->kind->empty(true);
    request_answer(job->request, answer);
    job->request = NULL;
}

static void deliver(struct mail *mail) {
    struct completion_job *job =
        (struct completion_job *)((char *)mail - offsetof(struct completion_job, mail));
    job->result_done = true;
    if (job->request != NULL) answer_result(job);
    settle(job);
}

/* On the engine's thread, or on the pool's from inside completion_start. */
static void on_done(void *user, struct completion_result *result) {
    struct completion_job *job = user;
    if (result->insert_text != NULL && !result->cancelled) {
        job->insert_text = malloc(result->insert_length + 1);
        if (job->insert_text != NULL) {
            memcpy(job->insert_text, result->insert_text, result->insert_length);
            job->insert_text[result->insert_length] = '\0';
            job->insert_length = result->insert_length;
        }
    }
    job->replace_start = result->replace_start;
    job->replace_end = result->replace_end;
    job->reason = result->reason != NULL ? result->reason : "nothing";
    job->result_error = result->error;
    job->prompt_tokens = result->prompt_tokens;
    job->cached_tokens = result->cached_tokens;
    job->completion_tokens = result->completion_tokens;
    job->context_ms = result->context_ms;
    job->prefill_ms = result->prefill_ms;
    job->decode_ms = result->decode_ms;
    mailbox_post(job->server->mailbox, &job->mail);
}

/* ---- the thread pool ------------------------------------------------------------------------ */

static void work(uv_work_t *request) {
    struct completion_job *job = request->data;
    if (atomic_load(&job->cancelled)) {
        error_set(&job->start_error, ERROR_CANCELLED, "cancelled");
        return;
    }
    const struct completion_input input = {
        .path = job->path,
        .language_id = job->language_id,
        .text = job->text,
        .text_length = job->text_length,
        .offset = job->offset - job->window_start,
        .selected_text = job->selected_text,
        .selected_start = job->selected_text != NULL ? job->selected_start - job->window_start : 0,
        .max_tokens = job->max_tokens,
        .max_prompt_tokens = job->max_prompt_tokens,
        .sampling = job->sampling,
    };
    job->completion = completion_start(job->engine, &input, on_done, job, &job->start_error);
}

static void after_work(uv_work_t *request, int status) {
    (void)status;
    struct completion_job *job = request->data;
    job->work_done = true;
    if (job->completion == NULL) { /* it never began: no on_done will come */
        job->result_done = true;
        job->result_error = job->start_error;
        job->reason = error_code_name(job->start_error.code);
        if (job->request != NULL) answer_result(job);
    } else if (job->request == NULL && !job->result_done) {
        completion_cancel(job->completion);
    }
    settle(job);
}

static void start(struct completion_job *job) {
    job->engine = engine_loader_hold(job->server->loader);
    job->started = true;
    job->work.data = job;
    job->mail.deliver = deliver;
    uv_queue_work(job->server->loop, &job->work, work, after_work);
}

/* ---- the loop ------------------------------------------------------------------------------- */

static void on_patience(uv_timer_t *timer) {
    struct server *server = timer->data;
    uint64_t now = clock_ns();
    bool waiting = false;
    for (struct completion_job *job = server->jobs, *next; job != NULL; job = next) {
        next = job->next;
        if (job->started) continue;
        if (now < job->deadline_ns) {
            waiting = true;
            continue;
        }
        answer_empty(job, true);
        detach(job);
    }
    if (!waiting) uv_timer_stop(timer);
}

/* Of one kind, or of every kind with NULL. */
static void cancel_document(struct server *server, const struct completion_kind *kind,
                            const char *uri, const char *why) {
    for (struct completion_job *job = server->jobs, *next; job != NULL; job = next) {
        next = job->next;
        if (job->request == NULL || (kind != NULL && job->kind != kind)) continue;
        if (strcmp(job->uri, uri) != 0) continue;
        request_fail(job->request, JSONRPC_REQUEST_CANCELLED, why);
        detach(job);
    }
}

/* Is this kind of completion on, in this language? */
static bool allowed(const struct server *server, const struct completion_kind *kind,
                    const char *language_id) {
    const struct settings_values *values = settings_values(server->settings);
    return kind->enabled(values) && settings_language_enabled(values, language_id);
}

void completion_job_start(struct server *server, const struct completion_kind *kind,
                          struct request *request, const struct completion_place *place) {
    cancel_document(server, kind, document_uri(place->document), "superseded by a newer request");
    if (!allowed(server, kind, document_language_id(place->document))) {
        request_answer(request, kind->empty(false));
        return;
    }
    /* A client that never says `initialized` still gets a model. */
    if (!uv_is_active((uv_handle_t *)&server->configuration_timeout)) server_configured(server);
    enum engine_state state = engine_loader_state(server->loader);
    bool coming = state == ENGINE_LOADING || !server->configured;
    bool wait = coming && kind->patience_ms > 0;
    if (state != ENGINE_READY && !wait) {
        request_answer(request, kind->empty(coming));
        return;
    }
    struct completion_job *job = job_create(server, kind, request, place);
    if (job == NULL) {
        request_fail(request, JSONRPC_INTERNAL_ERROR, "out of memory");
        return;
    }
    struct completion_job **last = &server->jobs;
    while (*last != NULL)
        last = &(*last)->next;
    *last = job;
    request_on_cancel(request, on_cancel, job);
    if (wait) {
        if (!uv_is_active((uv_handle_t *)&server->patience))
            uv_timer_start(&server->patience, on_patience, PATIENCE_TICK_MS, PATIENCE_TICK_MS);
    } else {
        start(job);
    }
}

void completion_job_document_changed(struct server *server, const char *uri) {
    cancel_document(server, NULL, uri, "the document has changed");
}

void completion_job_document_closed(struct server *server, const char *uri) {
    cancel_document(server, NULL, uri, "the document was closed");
}

void completion_job_start_waiting(struct server *server) {
    uv_timer_stop(&server->patience);
    for (struct completion_job *job = server->jobs; job != NULL; job = job->next)
        if (!job->started) start(job);
}

void completion_job_engine_gone(struct server *server, bool another_comes) {
    for (struct completion_job *job = server->jobs, *next; job != NULL; job = next) {
        next = job->next;
        if (job->request == NULL || (!job->started && another_comes)) continue;
        answer_empty(job, another_comes);
        detach(job);
    }
}

void completion_job_settings_changed(struct server *server) {
    for (struct completion_job *job = server->jobs, *next; job != NULL; job = next) {
        next = job->next;
        if (job->request == NULL || allowed(server, job->kind, job->language_id)) continue;
        answer_empty(job, false);
        detach(job);
    }
}

void completion_job_end_all(struct server *server) {
    completion_job_engine_gone(server, false);
}
