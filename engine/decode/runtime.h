/* A model made ready to run one sequence: the file, its weights on a backend, keys and values for
 * n_context tokens, and the backend's scratch. What the engine thread and the measurements share.
 *
 * One thread at a time. */
#ifndef AERIE_ENGINE_DECODE_RUNTIME_H
#define AERIE_ENGINE_DECODE_RUNTIME_H

#include "engine/engine.h"
#include "engine/model/model.h"
#include "kernels/kernels.h"

/* Longest context taken where nobody asks for one. */
#define RUNTIME_DEFAULT_CONTEXT 8192u

struct runtime {
    struct model *model;
    struct backend *backend;
    struct decoder *decoder;
    struct kv_cache *kv;
    uint32_t *pages; /* [n_pages] the one sequence's page table */
    uint32_t n_pages;
    uint8_t *wants_none; /* [max_step_tokens] zeros: no logits wanted */
    uint32_t n_context, n_vocab, max_step_tokens;
    uint64_t kv_bytes;
};

/* Opens the file, checks that everything fits the memory there is, loads the weights. Of the
 * options, `context` is cut to what the model knows. False on failure, with nothing left open: as
 * engine_open. */
bool runtime_open(struct runtime *self, const struct engine_options *options, struct error *err);
void runtime_close(struct runtime *self); /* a zeroed one is fine */

/* One step: n_tokens (1 .. max_step_tokens) at positions first, first + 1, … of the sequence. With
 * logits [n_vocab] not NULL: those after the last token. False on failure: as decoder_forward. */
bool runtime_forward(struct runtime *self, const int32_t *tokens, uint32_t n_tokens, uint32_t first,
                     float *logits, struct error *err);

/* The same with the logits after every token: logits[n_tokens × n_vocab]. */
bool runtime_verify(struct runtime *self, const int32_t *tokens, uint32_t n_tokens, uint32_t first,
                    float *logits, struct error *err);

#endif
