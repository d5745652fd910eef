/* One request from its prompt to its end: prefill what the cache does not hold, then choose and
 * compute token after token. */
#ifndef AERIE_ENGINE_DECODE_GENERATION_H
#define AERIE_ENGINE_DECODE_GENERATION_H

#include "engine/decode/chunk.h"
#include "engine/decode/prefix.h"
#include "engine/decode/request.h"
#include "engine/decode/runtime.h"
#include "engine/decode/sampler.h"

/* What lives from request to request. */
struct generation {
    struct runtime *runtime;
    const struct tokenizer
        *tokenizer; /* NULL: no text, and only requests' own stop tokens end it */
    struct sampler *sampler;
    struct prefix cached; /* what the runtime's keys and values hold */
    struct chunk chunk;
    float *logits; /* [n_vocab] */

    /* Called before every step. False ends the request (FINISH_CANCELLED). */
    bool (*keep_going)(void *user);
    void *user;
};

/* Everything is borrowed but what it allocates itself. False on failure: ERROR_MEMORY. */
bool generation_init(struct generation *self, struct runtime *runtime,
                     const struct tokenizer *tokenizer, bool (*keep_going)(void *user), void *user,
                     struct error *err);
void generation_release(struct generation *self); /* a zeroed one is fine */

/* Runs the request and fills request->result. Its on_text is called, its on_done is not. Whatever
 * way it ends, the cache keeps the tokens that were computed. */
void generation_run(struct generation *self, struct engine_request *request);

#endif
