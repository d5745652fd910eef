#include "engine/decode/measure.h"
#include "base/clock.h"
#include "engine/decode/prng.h"
#include "engine/decode/runtime.h"
#include "engine/decode/sampler.h"

#include <stdio.h>
#include <stdlib.h>

enum { CONTEXT = 512, DECODE_TOKENS = 64, MIN_RUNS = 3, MAX_RUNS = 15 };

/* A test goes on until it has run this long, or often enough: slow ones run MIN_RUNS times. */
static const double ENOUGH_MS = 1500;
/* What takes this long in one run is not run again: its noise is small against it. */
static const double LONG_MS = 10000;

static const struct {
    enum measure_test test;
    uint32_t n;
} tests[] = {
    {MEASURE_PREFILL, 16},  {MEASURE_PREFILL, 32},  {MEASURE_PREFILL, 64}, {MEASURE_PREFILL, 128},
    {MEASURE_PREFILL, 256}, {MEASURE_PREFILL, 512}, {MEASURE_DECODE, 64},  {MEASURE_VERIFY, 1},
    {MEASURE_VERIFY, 2},    {MEASURE_VERIFY, 4},    {MEASURE_VERIFY, 8},   {MEASURE_VERIFY, 16},
};
enum { N_TESTS = sizeof tests / sizeof *tests };
_Static_assert(N_TESTS <= MEASURE_MAX, "the report holds every test");

const char *measure_test_name(enum measure_test test) {
    switch (test) {
    case MEASURE_PREFILL:
        return "prefill";
    case MEASURE_DECODE:
        return "decode";
    case MEASURE_VERIFY:
        return "verify";
    }
    return "unknown";
}

struct bench {
    struct runtime runtime;
    struct sampler *sampler;
    float *logits;   /* [MAX_WIDTH × n_vocab] */
    int32_t *tokens; /* [CONTEXT]: any text does, but not one token over and over */
};
enum { MAX_WIDTH = 16 };

/* ---- one run --------------------------------------------------------------------------------- */

static bool prefill(struct bench *self, uint32_t n, bool wants_logits, struct error *err) {
    for (uint32_t at = 0; at < n;) {
        uint32_t step = n - at;
        if (step > self->runtime.max_step_tokens) step = self->runtime.max_step_tokens;
        bool last = at + step == n;
        if (!runtime_forward(&self->runtime, self->tokens + at, step, at,
                             last && wants_logits ? self->logits : NULL, err))
            return false;
        at += step;
    }
    return true;
}

static bool decode(struct bench *self, uint32_t n, uint32_t context, struct error *err) {
    int32_t token = self->tokens[0];
    for (uint32_t i = 0; i < n; i++) {
        if (!runtime_forward(&self->runtime, &token, 1, context + i, self->logits, err))
            return false;
        double log_probability;
        token = sampler_choose(self->sampler, self->logits, &log_probability);
        if (token < 0) return error_set(err, ERROR_BACKEND, "the model's output holds no number");
    }
    return true;
}

static bool run_once(struct bench *self, enum measure_test test, uint32_t n, uint32_t context,
                     struct error *err) {
    switch (test) {
    case MEASURE_PREFILL:
        return prefill(self, n, true, err);
    case MEASURE_DECODE:
        return decode(self, n, context, err);
    case MEASURE_VERIFY:
        return runtime_verify(&self->runtime, self->tokens, n, context, self->logits, err);
    }
    return true;
}

/* ---- medians --------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, unsigned n) {
    qsort(values, n, sizeof *values, by_size);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static bool tell(const struct measure_options *options, unsigned at, struct error *err) {
    if (options->on_test == NULL ||
        options->on_test(options->user, tests[at].test, tests[at].n, at, N_TESTS))
        return true;
    return error_set(err, ERROR_CANCELLED, "the measurement was cancelled");
}

static bool measure(struct bench *self, const struct measure_options *options, unsigned at,
                    uint32_t context, struct measurement *result, struct error *err) {
    double ms[MAX_RUNS], total = 0;
    unsigned runs = 0;
    while (runs < MAX_RUNS && (runs < MIN_RUNS || total < ENOUGH_MS)) {
        if (!tell(options, at, err)) return false;
        uint64_t start = clock_ns();
        if (!run_once(self, tests[at].test, tests[at].n, context, err)) return false;
        ms[runs] = clock_ms_between(start, clock_ns());
        total += ms[runs];
        if (ms[runs++] > LONG_MS) break;
    }
    *result = (struct measurement){tests[at].test, tests[at].n, median(ms, runs), runs};
    return true;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static bool make_bench(struct bench *self, struct error *err) {
    uint32_t n_vocab = self->runtime.n_vocab;
    self->sampler = sampler_create(n_vocab, err);
    self->logits = malloc(sizeof *self->logits * n_vocab * MAX_WIDTH);
    self->tokens = malloc(sizeof *self->tokens * CONTEXT);
    if (self->sampler == NULL || self->logits == NULL || self->tokens == NULL)
        return error_set(err, ERROR_MEMORY, "no memory to measure with");
    struct prng prng;
    prng_seed(&prng, 1);
    for (int i = 0; i < CONTEXT; i++)
        self->tokens[i] = (int32_t)(prng_next(&prng) % n_vocab);
    return true;
}

static void release_bench(struct bench *self) {
    free(self->tokens);
    free(self->logits);
    sampler_free(self->sampler);
    runtime_close(&self->runtime);
}

static void describe(const struct runtime *runtime, struct measure_report *report) {
    const struct backend_info *backend = backend_info(runtime->backend);
    snprintf(report->model, sizeof report->model, "%s", model_name(runtime->model));
    snprintf(report->backend, sizeof report->backend, "%s", backend->name);
    snprintf(report->device, sizeof report->device, "%s", backend->device);
    report->threads = backend->threads;
}

/* A context that leaves room for the longest test behind it,. */
static uint32_t choose_context(uint32_t n_context) {
    if (n_context >= CONTEXT + DECODE_TOKENS) return CONTEXT;
    return n_context > DECODE_TOKENS ? n_context - DECODE_TOKENS : 0;
}

static bool measure_all(struct bench *self, const struct measure_options *options,
                        struct measure_report *report, struct error *err) {
    uint32_t n_context = self->runtime.n_context, context = choose_context(n_context);
    report->context = context;
    /* Not measured: pages the weights in, starts threads, lets the clock speed up; and fills the
     * cache for the tests behind a context. */
    if (!tell(options, 0, err) || !prefill(self, context > 0 ? context : 1, false, err))
        return false;
    for (unsigned at = 0; at < N_TESTS; at++) {
        uint32_t before = tests[at].test == MEASURE_PREFILL ? 0 : context;
        if (before + tests[at].n > n_context || tests[at].n > CONTEXT ||
            (tests[at].test == MEASURE_VERIFY && tests[at].n > self->runtime.max_step_tokens))
            continue;
        if (!measure(self, options, at, context, &report->results[report->n_results], err))
            return false;
        report->n_results++;
    }
    return true;
}

bool measure_run(const struct measure_options *options, struct measure_report *report,
                 struct error *err) {
    struct bench self = {0};
    *report = (struct measure_report){0};
    struct engine_options engine = options->engine;
    engine.context = CONTEXT + DECODE_TOKENS;
    if (!runtime_open(&self.runtime, &engine, err)) return false;
    describe(&self.runtime, report);
    bool done = make_bench(&self, err) && measure_all(&self, options, report, err);
    release_bench(&self);
    return done;
}
