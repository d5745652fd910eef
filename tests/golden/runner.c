#include "tests/golden/runner.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

bool runner_has(const char *backend) {
    bool known = false;
    for (const char *const *name = backend_names(); *name != NULL; name++)
        known = known || strcmp(*name, backend) == 0;
    if (!known) return false;
    struct backend *opened = backend_open(backend, &(struct backend_options){0}, NULL);
    backend_close(opened);
    return opened != NULL;
}

void runner_open(struct runner *self, const char *backend, const struct decoder_spec *spec,
                 uint32_t n_tokens) {
    struct error err = ERROR_INIT;
    *self = (struct runner){.n_vocab = spec->config.n_vocab};
    uint32_t n_pages = (n_tokens + KV_PAGE_TOKENS - 1) / KV_PAGE_TOKENS;
    self->pages = calloc(n_pages, sizeof *self->pages);
    assert_non_null(self->pages);
    /* Backwards: nothing may lean on pages that follow each other. */
    for (uint32_t i = 0; i < n_pages; i++)
        self->pages[i] = n_pages - 1 - i;
    self->backend = backend_open(backend, &(struct backend_options){0}, &err);
    if (self->backend != NULL) self->decoder = decoder_create(self->backend, spec, NULL, &err);
    if (self->decoder != NULL) self->kv = kv_cache_create(self->decoder, n_pages, &err);
    if (self->kv == NULL) fail_msg("%s: %s", backend, err.message);
}

void runner_close(struct runner *self) {
    kv_cache_free(self->kv);
    decoder_free(self->decoder);
    backend_close(self->backend);
    free(self->pages);
    *self = (struct runner){0};
}

static void forward(struct runner *self, const int32_t *tokens, uint32_t n, const uint8_t *wants,
                    float *logits) {
    struct error err = ERROR_INIT;
    struct step_sequence sequence = {tokens, n, self->position, self->pages};
    struct step step = {&sequence, 1, wants};
    if (!decoder_forward(self->decoder, self->kv, &step, logits, &err)) fail_msg("%s", err.message);
    self->position += n;
}

void runner_all(struct runner *self, const int32_t *tokens, uint32_t n, float *logits) {
    uint8_t *wants = malloc(n);
    assert_non_null(wants);
    memset(wants, 1, n);
    forward(self, tokens, n, wants, logits);
    free(wants);
}

void runner_last(struct runner *self, const int32_t *tokens, uint32_t n, float *logits) {
    forward(self, tokens, n, NULL, logits);
}

double log_sum_exp(const float *logits, uint32_t n) {
    double largest = logits[0], sum = 0;
    for (uint32_t i = 1; i < n; i++)
        largest = fmax(largest, logits[i]);
    for (uint32_t i = 0; i < n; i++)
        sum += exp(logits[i] - largest);
    return largest + log(sum);
}

double kl_divergence(const float *truth, const float *logits, uint32_t n) {
    double truth_sum = log_sum_exp(truth, n), sum = log_sum_exp(logits, n), kl = 0;
    for (uint32_t i = 0; i < n; i++) {
        double log_p = truth[i] - truth_sum;
        kl += exp(log_p) * (log_p - (logits[i] - sum));
    }
    return kl;
}

int32_t most_likely(const float *logits, uint32_t n) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < n; i++)
        if (logits[i] > logits[best]) best = i;
    return (int32_t)best;
}
