/* How fast a model runs here: the numbers behind `aerie bench`.
 *
 * prefill n: one sequence of n tokens from nothing, in steps as large as the backend takes.
 * decode n:  n tokens chosen and computed one after another, after a context of `context` tokens.
 * verify n:  one forward pass over n tokens with the logits after each, after that context.
 *
 * Every figure is the median of several runs. */
#ifndef AERIE_ENGINE_DECODE_MEASURE_H
#define AERIE_ENGINE_DECODE_MEASURE_H

#include "engine/engine.h"

enum measure_test { MEASURE_PREFILL, MEASURE_DECODE, MEASURE_VERIFY };

/* "prefill", "decode", "verify". */
const char *measure_test_name(enum measure_test test);

struct measurement {
    enum measure_test test;
    uint32_t n; /* tokens */
    double ms;  /* for all of them; the median */
    unsigned runs;
};

struct measure_options {
    struct engine_options engine; /* model, backend, threads; the context is chosen here */
    /* After every run of a test, `done` of `total` tests finished. Returns false to give up
     * (ERROR_CANCELLED). May be NULL. */
    bool (*on_test)(void *user, enum measure_test test, uint32_t n, unsigned done, unsigned total);
    void *user;
};

#define MEASURE_MAX 16

struct measure_report {
    char model[128], backend[32], device[128];
    unsigned threads;
    uint32_t context; /* tokens before decode and verify: 512, less for a model that knows less */
    struct measurement results[MEASURE_MAX];
    unsigned n_results;
};

/* Loads the model, measures, lets it go. Tests longer than the model's context are left out. False
 * on failure: as engine_open, and ERROR_BACKEND. */
bool measure_run(const struct measure_options *options, struct measure_report *report,
                 struct error *err);

#endif
