/* Logits to the next token.
 *
 * With temperature T > 0 a token i has the probability softmax(l / T)_i. top_k keeps the k
 * likeliest tokens, renormalised; of those top_p keeps the smallest set whose probability reaches
 * p, the token that crosses p included (nucleus sampling: Holtzman et al. 2020). Of equally likely
 * tokens the one with the lower id is kept. T = 0 takes the most likely token, the lowest id on a
 * tie.
 *
 * Broken logits do no harm: NaN counts as -inf (never chosen), +inf as the largest float. */
#ifndef AERIE_ENGINE_DECODE_SAMPLER_H
#define AERIE_ENGINE_DECODE_SAMPLER_H

#include "base/error.h"
#include "engine/engine.h"

struct sampler;

/* Scratch for vocabularies of n_vocab tokens. NULL on failure: ERROR_MEMORY. */
struct sampler *sampler_create(uint32_t n_vocab, struct error *err);
void sampler_free(struct sampler *self); /* NULL is fine */

/* Do these numbers make sense? False: ERROR_ARGUMENT with the reason. */
bool sampling_check(const struct sampling *sampling, struct error *err);

/* Starts a sequence: the choices that follow depend on `sampling` (checked) and the logits alone.
 */
void sampler_start(struct sampler *self, const struct sampling *sampling);

/* The next token for logits[n_vocab], and in *log_probability (may be NULL) the natural logarithm
 * of its probability at temperature 1 among all tokens. -1 if no logit is a number above -inf. */
int32_t sampler_choose(struct sampler *self, const float *logits, double *log_probability);

#endif
