/* What the engine tests share: a tiny model with random weights in a temporary folder, and requests
 * whose outcome is collected.
 *
 * The model's tokens are mostly single bytes, its text random: much of it breaks UTF-8, which is
 * what the tests of streaming want. */
#ifndef AERIE_TESTS_UNIT_DECODE_ENGINE_FIXTURE_H
#define AERIE_TESTS_UNIT_DECODE_ENGINE_FIXTURE_H

#include "engine/engine.h"

#include <pthread.h>

/* Is this a build that runs many times slower? Then fewer rounds will do. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SLOW_BUILD 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SLOW_BUILD 1
#endif
#endif
#ifndef SLOW_BUILD
#define SLOW_BUILD 0
#endif

enum { TINY_CONTEXT = 256, TINY_VOCAB = 280 };

/* Path of the tiny model; made on first use, removed at exit. Ends the test program on failure. */
const char *tiny_model(void);

/* Another file in the same folder, for models that are made or damaged on purpose. */
const char *fixture_path(const char *name);

/* An engine on the tiny model and the reference backend. */
struct engine *open_tiny(void);

/* A prompt of n tokens made from a seed; the prompts of one seed begin alike. */
void tiny_prompt(uint64_t seed, int32_t *tokens, size_t n);

/* Everything one request does, collected; thread safe. */
struct outcome {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    char text[4096];
    size_t length;
    unsigned pieces;
    unsigned done;    /* how often on_done came */
    bool broken_utf8; /* a piece was not valid UTF-8 */
    bool text_after_done;
    struct engine_result result;

    /* What on_text does. */
    unsigned allowed;               /* it waits until this many pieces are allowed */
    unsigned cancel_after;          /* cancels `request` at this piece; 0 never */
    unsigned stop_after;            /* returns false at this piece; 0 never */
    struct engine_request *request; /* set by outcome_submit */
    bool has_request;
};

void outcome_init(struct outcome *self);
void outcome_release(struct outcome *self);

/* Lets `pieces` more pieces pass; UINT_MAX: all. */
void outcome_allow(struct outcome *self, unsigned pieces);
/* Waits until on_text has been entered for piece number `pieces`, counted from 1. */
void outcome_wait_pieces(struct outcome *self, unsigned pieces);
void outcome_wait_done(struct outcome *self);

/* The callbacks; user is the outcome. */
bool outcome_on_text(void *user, const char *bytes, size_t length);
void outcome_on_done(void *user, const struct engine_result *result);

/* Submits with the callbacks set; options are the caller's. NULL on failure. */
struct engine_request *outcome_submit(struct outcome *self, struct engine *engine,
                                      struct engine_request_options options, struct error *err);

/* Submits, waits, releases: a whole request. Fails the test if it is not accepted. */
void run_request(struct engine *engine, struct engine_request_options options,
                 struct outcome *outcome);

/* The same text, the same tokens as far as counts and probabilities can tell. */
void assert_same_outcome(const struct outcome *a, const struct outcome *b);

bool is_valid_utf8(const char *bytes, size_t length);

#endif
