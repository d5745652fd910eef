/* One sequence through one backend, without an engine; and how two answers compare. */
#ifndef AERIE_TESTS_GOLDEN_RUNNER_H
#define AERIE_TESTS_GOLDEN_RUNNER_H

#include "kernels/kernels.h"

struct runner {
    struct backend *backend;
    struct decoder *decoder;
    struct kv_cache *kv;
    uint32_t *pages;
    uint32_t n_vocab;
    uint32_t position; /* tokens so far; set it back to 0 to begin anew */
};

/* Is a backend of that name compiled in, and does this machine run it? */
bool runner_has(const char *backend);

/* Room for n_tokens. Fails the test if it cannot be. */
void runner_open(struct runner *self, const char *backend, const struct decoder_spec *spec,
                 uint32_t n_tokens);
void runner_close(struct runner *self);

/* Feeds tokens; logits [n × n_vocab] after each of them, or [1 × n_vocab] after the last. */
void runner_all(struct runner *self, const int32_t *tokens, uint32_t n, float *logits);
void runner_last(struct runner *self, const int32_t *tokens, uint32_t n, float *logits);

/* log Σ exp(logits). */
double log_sum_exp(const float *logits, uint32_t n);

/* Kullback-Leibler divergence of softmax(logits) from softmax(truth), in nats. */
double kl_divergence(const float *truth, const float *logits, uint32_t n);

/* The lowest of the ids with the largest logit. */
int32_t most_likely(const float *logits, uint32_t n);

#endif
