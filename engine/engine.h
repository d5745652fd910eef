/* Tokens in, tokens out: the whole public face of the engine.
 *
 * An engine is one loaded model on one backend with one thread that runs it. Any thread may submit
 * requests; their callbacks run on the engine's thread and must be quick: they may submit, cancel
 * and release, but not wait or close. The engine knows no LSP, no JSON and none of the user's
 * files.
 *
 *     struct error err = ERROR_INIT;
 *     struct engine *engine = engine_open(&(struct engine_options){.model_path = path}, &err);
 *     struct engine_request *request = engine_submit(engine, &options, &err);
 *     …on_text…, …on_done…
 *     engine_request_release(request);
 *     engine_close(engine);
 */
#ifndef AERIE_ENGINE_ENGINE_H
#define AERIE_ENGINE_ENGINE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct engine;
struct engine_request;
struct tokenizer; /* engine/tokenizer/tokenizer.h */

/* ---- opening ------------------------------------------------------------------------------ */

struct engine_options {
    const char *model_path; /* a GGUF file */
    const char *backend;    /* "reference", "cpu", "cuda"; NULL or "auto" for the best that opens */
    unsigned threads;       /* 0 = the machine's physical cores */
    unsigned context;       /* longest sequence in tokens, cut to what the model knows; 0 = the
                               model's own, at most 8192 */

    /* Told from 0 to 1 while the model loads, on the thread that called engine_open. Returns false
     * to give up (ERROR_CANCELLED). May be NULL. */
    bool (*on_progress)(void *user, float fraction);
    void *user;
};

/* Loads the model and starts the engine thread. Blocks for as long as that takes: call it off the
 * event loop. NULL on failure: ERROR_IO (no such file, unreadable), ERROR_FORMAT (not a GGUF,
 * truncated, lying), ERROR_UNSUPPORTED (architecture, tensor type, tokenizer, backend),
 * ERROR_MEMORY, ERROR_ARGUMENT, ERROR_CANCELLED. */
struct engine *engine_open(const struct engine_options *options, struct error *err);

/* Cancels every request, waits for their on_done, stops the thread, frees everything. Handles not
 * yet released stay valid until they are. NULL is fine. */
void engine_close(struct engine *self);

/* What is loaded. Strings live as long as the engine. */
struct engine_info {
    const char *model_name;   /* the file's general.name, else its base name */
    const char *architecture; /* "llama", "qwen2" */
    const char *backend;      /* "cpu" */
    const char *device;       /* "AMD EPYC …, avx512" */
    unsigned threads;
    uint32_t n_context; /* longest sequence this engine accepts, prompt and completion together */
    uint32_t n_vocab;
    uint64_t n_parameters;
    uint64_t model_bytes; /* the weights as they lie in the file */
    uint64_t kv_bytes;    /* memory of the key/value cache */
    /* Fill-in-the-middle markers, -1 where the vocabulary has none. */
    int32_t fim_prefix, fim_suffix, fim_middle;
};
const struct engine_info *engine_info(const struct engine *self);

/* The model's tokenizer; usable from any thread while the engine is open. NULL where the engine was
 * built without PCRE2 and the vocabulary needs it: then requests have tokens but no text. */
const struct tokenizer *engine_tokenizer(const struct engine *self);

/* ---- requests ----------------------------------------------------------------------------- */

/* How the next token is chosen from the logits: l / temperature, then the top_k largest, then the
 * smallest set whose probability among those reaches top_p (the token that crosses it is kept),
 * renormalised (Holtzman et al. 2020). temperature 0 takes the most likely token, the lowest id on
 * a tie. */
struct sampling {
    float temperature;
    uint32_t top_k; /* 0 = all */
    float top_p;    /* 0 .. 1; 0 or 1 = all */
    uint64_t seed;  /* same seed, model, backend and prompt: same tokens */
};

enum finish_reason {
    FINISH_STOP_TOKEN,  /* the model ended the text (or a token of stop_tokens came) */
    FINISH_STOP_STRING, /* one of stop_strings came; it is not part of the text */
    FINISH_CONSUMER,    /* on_text returned false */
    FINISH_LENGTH,      /* max_tokens, or the context is full */
    FINISH_CANCELLED,   /* engine_cancel or engine_close */
    FINISH_ERROR,       /* see .error */
};

struct engine_result {
    enum finish_reason finish;
    struct error error; /* set for FINISH_ERROR only */
    uint32_t prompt_tokens;
    uint32_t cached_tokens;     /* prompt tokens whose keys and values were already there */
    uint32_t completion_tokens; /* tokens generated, the stop token not counted */
    uint32_t accepted_draft_tokens;
    /* Natural logarithm, of the generated tokens at temperature 1; 0 if there are none. */
    double mean_log_probability;
    double queue_ms, prefill_ms, decode_ms;
};

struct engine_request_options {
    const int32_t *prompt; /* [n_prompt], copied; at least one token */
    size_t n_prompt;
    uint32_t max_tokens; /* 0 = until the context is full */
    struct sampling sampling;
    const char *const *stop_strings; /* [n_stop_strings], copied; UTF-8, none empty */
    size_t n_stop_strings;
    const int32_t *stop_tokens; /* [n_stop_tokens], copied; the model's own are always active */
    size_t n_stop_tokens;

    /* A piece of the completion: whole UTF-8 characters as far as the model writes them, and never
     * the beginning of what may become a stop string. `bytes` is not 0-terminated and lives until
     * the callback returns. Return false to end the request (FINISH_CONSUMER). May be NULL. */
    bool (*on_text)(void *user, const char *bytes, size_t length);

    /* Called exactly once for every submitted request, last. May be NULL. */
    void (*on_done)(void *user, const struct engine_result *result);
    void *user;
};

/* Queues a request. NULL on failure: ERROR_ARGUMENT (empty prompt, a token out of range, a prompt
 * that leaves no room in the context, sampling numbers or stop strings that make no sense),
 * ERROR_BUSY (queue full), ERROR_CANCELLED (the engine is closing), ERROR_MEMORY. The handle must
 * be released, before or after on_done. */
struct engine_request *engine_submit(struct engine *self,
                                     const struct engine_request_options *options,
                                     struct error *err);

/* Asks a request to end; from any thread or a signal handler, any number of times. It ends before
 * its next step, or its turn, with FINISH_CANCELLED unless it was done already. */
void engine_cancel(struct engine_request *request);

/* Gives the handle back; the request itself runs on. NULL is fine. */
void engine_request_release(struct engine_request *request);

/* Blocks until on_done has returned. */
void engine_wait(struct engine_request *request);

#endif
