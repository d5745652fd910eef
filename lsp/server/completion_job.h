/* One completion on its way from a request to its answer.
 *
 * A job copies the text around the cursor, waits for the model where that is worth it, starts the
 * completion on the thread pool (making the prompt reads a lot of text), and answers when the
 * engine's thread reports. The request is answered exactly once, whichever comes first:
 *
 * - the result;
 * - a newer request of the same kind for the same document: -32800 at once;
 * - $/cancelRequest, or the document closes: -32800 at once;
 * - the document changes: -32800 at once (see completion_job_document_changed);
 * - the model goes, or completions are switched off: empty.
 *
 * In each but the first the engine is told to stop: nobody wants what it would come up with. The
 * job itself goes when the last thread has let go of it. */
#ifndef AERIE_LSP_SERVER_COMPLETION_JOB_H
#define AERIE_LSP_SERVER_COMPLETION_JOB_H

#include "lsp/complete/completion.h"
#include "lsp/server/server.h"

/* What a feature does with a completion. */
struct completion_kind {
    const char *name;
    /* How long a request waits for a model that is being loaded. The first answer after opening a
     * file then comes without a second keystroke; the time is bounded, for a large model may take
     * long and a client may show nothing of anybody's until we answer. */
    unsigned patience_ms;
    bool (*enabled)(const struct settings_values *values);
    /* The answer with nothing in it; `passing`: another key may change that. */
    json_t *(*empty)(bool passing);
    /* The answer with this text in place of bytes [start, end) of the document, which has not
     * changed since; NULL to offer nothing. */
    json_t *(*render)(const struct server *server, const struct document *document, size_t offset,
                      size_t start, size_t end, const char *text, size_t length);
};

/* Where to complete. */
struct completion_place {
    const struct document *document;
    size_t offset;             /* the cursor, in bytes */
    const char *selected_text; /* as in struct completion_input; NULL for none */
    size_t selected_start;
};

/* Answers the request now or later. */
void completion_job_start(struct server *server, const struct completion_kind *kind,
                          struct request *request, const struct completion_place *place);

/* An answer for the older text would put ghost text in the wrong place. RequestCancelled rather
 * than ContentModified, which says it more exactly: it is the one error that vscode-languageclient
 * and Neovim both swallow without a word (Neovim logs or shows any other), while an empty result
 * would make Neovim take away a hint that the next request is about to renew. */
void completion_job_document_changed(struct server *server, const char *uri);
void completion_job_document_closed(struct server *server, const char *uri);

/* The model is there: what waited begins. */
void completion_job_start_waiting(struct server *server);

/* The model is not there any more; who waits for it goes on doing so if another comes. */
void completion_job_engine_gone(struct server *server, bool another_comes);

/* Answers with nothing what the settings no longer allow. */
void completion_job_settings_changed(struct server *server);

/* Answers all that is open with nothing. */
void completion_job_end_all(struct server *server);

#endif
