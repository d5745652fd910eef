#include "engine/decode/sampler.h"
#include "engine/decode/prng.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

struct candidate {
    float logit;
    int32_t id;
    double weight; /* exp((logit - largest) / T) */
};

struct sampler {
    uint32_t n_vocab;
    struct sampling sampling;
    struct prng prng;
    struct candidate *candidates; /* [n_vocab] */
};

struct sampler *sampler_create(uint32_t n_vocab, struct error *err) {
    struct sampler *self = calloc(1, sizeof *self);
    if (self != NULL) self->candidates = malloc(sizeof *self->candidates * (n_vocab ? n_vocab : 1));
    if (self == NULL || self->candidates == NULL) {
        free(self);
        error_set(err, ERROR_MEMORY, "no memory to choose among %u tokens", n_vocab);
        return NULL;
    }
    self->n_vocab = n_vocab;
    sampler_start(self, &(struct sampling){0});
    return self;
}

void sampler_free(struct sampler *self) {
    if (self == NULL) return;
    free(self->candidates);
    free(self);
}

bool sampling_check(const struct sampling *sampling, struct error *err) {
    if (!isfinite(sampling->temperature) || sampling->temperature < 0)
        return error_set(err, ERROR_ARGUMENT, "temperature %g is not a number from 0 upwards",
                         (double)sampling->temperature);
    if (!(sampling->top_p >= 0 && sampling->top_p <= 1))
        return error_set(err, ERROR_ARGUMENT, "top_p %g is not a probability from 0 to 1",
                         (double)sampling->top_p);
    return true;
}

void sampler_start(struct sampler *self, const struct sampling *sampling) {
    self->sampling = *sampling;
    prng_seed(&self->prng, sampling->seed);
}

/* ---- logits ---------------------------------------------------------------------------------- */

static float usable(float logit) {
    if (isnan(logit)) return -INFINITY;
    return logit > FLT_MAX ? FLT_MAX : logit;
}

/* The most likely token, the lowest id on a tie, or -1. */
static int32_t most_likely(const float *logits, uint32_t n) {
    int32_t best = -1;
    float largest = -INFINITY;
    for (uint32_t i = 0; i < n; i++) {
        float logit = usable(logits[i]);
        if (logit > largest) {
            largest = logit;
            best = (int32_t)i;
        }
    }
    return best;
}

/* Terms below e^-40 of the largest: a million of them change the sum by less than 1e-11, and
 * leaving them out saves nearly all calls of exp. */
static const float NEGLIGIBLE = -40;

static double log_softmax_at(const float *logits, uint32_t n, float largest, int32_t id) {
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        float below = usable(logits[i]) - largest;
        if (below > NEGLIGIBLE) sum += (double)expf(below);
    }
    return (double)usable(logits[id]) - (double)largest - log(sum);
}

/* ---- the likeliest candidates, without sorting a vocabulary ---------------------------------- */

/* Falling probability, rising id: a total order, so the outcome does not hang on the heap's shape.
 */
static bool likelier(const struct candidate *a, const struct candidate *b) {
    return a->logit > b->logit || (a->logit == b->logit && a->id < b->id);
}

static void swap(struct candidate *a, struct candidate *b) {
    struct candidate t = *a;
    *a = *b;
    *b = t;
}

/* Lets heap[at] sink. The top of the heap is its likeliest candidate, or its least likely one. */
static void sink(struct candidate *heap, size_t n, size_t at, bool likeliest_on_top) {
    for (;;) {
        size_t top = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < n; child++) {
            bool wins = likeliest_on_top ? likelier(&heap[child], &heap[top])
                                         : likelier(&heap[top], &heap[child]);
            if (wins) top = child;
        }
        if (top == at) return;
        swap(&heap[at], &heap[top]);
        at = top;
    }
}

static void make_heap(struct candidate *heap, size_t n, bool likeliest_on_top) {
    for (size_t at = n / 2; at-- > 0;)
        sink(heap, n, at, likeliest_on_top);
}

/* Moves the k likeliest of the n candidates to the front, k < n: a heap of k whose top is the next
 * to go. Most candidates lose against it at once. */
static void keep_top_k(struct candidate *candidates, size_t n, size_t k) {
    make_heap(candidates, k, false);
    for (size_t i = k; i < n; i++) {
        if (!likelier(&candidates[i], &candidates[0])) continue;
        swap(&candidates[i], &candidates[0]);
        sink(candidates, k, 0, false);
    }
}

static double total_weight(const struct candidate *candidates, size_t n) {
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += candidates[i].weight;
    return total;
}

/* Moves the nucleus of probability p to the end of the array and returns its size: candidates leave
 * a heap likeliest first, each to the place the shrinking heap frees. */
static size_t keep_top_p(struct candidate *candidates, size_t n, double p) {
    double wanted = p * total_weight(candidates, n), reached = 0;
    size_t left = n;
    make_heap(candidates, n, true);
    while (left > 0 && reached < wanted) {
        reached += candidates[0].weight;
        left--;
        swap(&candidates[0], &candidates[left]);
        sink(candidates, left, 0, true);
    }
    return n - left;
}

/* ---- the choice ------------------------------------------------------------------------------ */

static int32_t draw(struct sampler *self, const struct candidate *candidates, size_t n) {
    double target = prng_uniform(&self->prng) * total_weight(candidates, n);
    int32_t last = candidates[0].id;
    for (size_t i = 0; i < n; i++) {
        if (candidates[i].weight <= 0) continue;
        last = candidates[i].id;
        target -= candidates[i].weight;
        if (target < 0) break;
    }
    return last; /* rounding may leave a crumb of `target`: then the last that has any weight */
}

static int32_t sample(struct sampler *self, const float *logits, float largest) {
    struct candidate *candidates = self->candidates;
    size_t n = 0;
    double temperature = self->sampling.temperature;
    for (uint32_t i = 0; i < self->n_vocab; i++) {
        float logit = usable(logits[i]);
        if (logit > -INFINITY) candidates[n++] = (struct candidate){logit, (int32_t)i, 0};
    }
    size_t k = self->sampling.top_k;
    if (k > 0 && k < n) {
        keep_top_k(candidates, n, k);
        n = k;
    }
    for (size_t i = 0; i < n; i++)
        candidates[i].weight = exp(((double)candidates[i].logit - (double)largest) / temperature);
    double p = self->sampling.top_p;
    if (p > 0 && p < 1) {
        size_t kept = keep_top_p(candidates, n, p);
        candidates += n - kept;
        n = kept;
    }
    return draw(self, candidates, n);
}

int32_t sampler_choose(struct sampler *self, const float *logits, double *log_probability) {
    int32_t best = most_likely(logits, self->n_vocab);
    if (best < 0) return -1;
    float largest = usable(logits[best]);
    int32_t chosen = self->sampling.temperature > 0 ? sample(self, logits, largest) : best;
    if (log_probability != NULL)
        *log_probability = log_softmax_at(logits, self->n_vocab, largest, chosen);
    return chosen;
}
