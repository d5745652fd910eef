/* One completion, from a place in a text to the text to insert: what the server's handlers,
 * `aerie complete` and `aerie eval` all go through. */
#ifndef AERIE_LSP_COMPLETE_COMPLETION_H
#define AERIE_LSP_COMPLETE_COMPLETION_H

#include "engine/engine.h"

/* Where to complete. Everything is copied by completion_start. */
struct completion_input {
    const char *path;        /* for the prompt's header: workspace-relative where known; not NULL */
    const char *language_id; /* LSP language id, "python"; "" if unknown */
    const char *text;        /* the whole document, UTF-8 */
    size_t text_length;
    size_t offset; /* the cursor, in bytes, on a character boundary */
    /* The suggest widget's selection (LSP selectedCompletionInfo): the completion replaces
     * [selected_start, offset) and begins with selected_text. NULL for none. */
    const char *selected_text;
    size_t selected_start;
    unsigned max_tokens;        /* 0 = the default of the mode */
    unsigned max_prompt_tokens; /* 0 = 1024; never more than the engine's context has room for */
    struct sampling sampling;
    bool raw; /* offer the model's own text, untrimmed (measurements only) */
};

/* What came of it. */
struct completion_result {
    /* The text to insert, UTF-8, replacing bytes [replace_start, replace_end) of the document; NULL
     * where there is nothing to offer, and then `reason` says why in a few stable words. */
    char *insert_text;
    size_t insert_length;
    size_t replace_start, replace_end; /* both on the cursor's line */
    const char *reason;                /* static string, NULL where there is a text */
    bool cancelled;
    struct error error; /* set where the engine failed */
    uint32_t prompt_tokens, cached_tokens, completion_tokens, accepted_draft_tokens;
    double context_ms, prefill_ms, decode_ms, total_ms;
};

struct completion;

/* Starts a completion. on_done is called exactly once, with a result that lives until it returns:
 * on the engine's thread, or on the caller's thread before completion_start returns where it is
 * declined at once. NULL on failure, and then on_done is not called: ERROR_ARGUMENT, ERROR_BUSY,
 * ERROR_MEMORY. The handle must be released. */
struct completion *completion_start(struct engine *engine, const struct completion_input *input,
                                    void (*on_done)(void *user, struct completion_result *result),
                                    void *user, struct error *err);

/* Ends it early; from any thread. on_done still comes, with .cancelled set unless it was done. */
void completion_cancel(struct completion *self);
void completion_release(struct completion *self); /* NULL is fine; before or after on_done */
void completion_wait(struct completion *self);    /* blocks until on_done has returned */

#endif
