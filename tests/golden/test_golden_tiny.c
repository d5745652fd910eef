/* Tiny random models of every architecture and tensor type against PyTorch's logits. */
#include "engine/model/model.h"
#include "tests/golden/golden_file.h"
#include "tests/golden/runner.h"
#include "tests/support/random_gguf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct entry {
    char shape[25], type[9];
    uint64_t hash;
    uint32_t n_tokens, n_positions, n_vocab;
    int32_t *tokens, *positions;
    float *logits; /* [n_positions × n_vocab] */
};

static void read_entry(struct golden_file *file, struct entry *e) {
    *e = (struct entry){0};
    memcpy(e->shape, golden_take(file, 24), 24);
    memcpy(e->type, golden_take(file, 8), 8);
    e->hash = golden_u64(file);
    e->n_tokens = golden_u32(file);
    e->n_positions = golden_u32(file);
    e->n_vocab = golden_u32(file);
    e->tokens = golden_ints(file, e->n_tokens);
    e->positions = golden_ints(file, e->n_positions);
    e->logits = golden_floats(file, (size_t)e->n_positions * e->n_vocab);
}

/* All logits [n_tokens × n_vocab]; in three steps, so that the cache is read as well as written. */
static float *run(const char *backend, const struct model *model, const struct entry *e) {
    struct runner runner;
    float *logits = malloc((size_t)e->n_tokens * e->n_vocab * sizeof *logits);
    assert_non_null(logits);
    runner_open(&runner, backend, model_decoder(model), e->n_tokens);
    const uint32_t cuts[] = {0, 33, 34, e->n_tokens};
    for (int c = 0; c < 3; c++)
        runner_all(&runner, e->tokens + cuts[c], cuts[c + 1] - cuts[c],
                   logits + (size_t)cuts[c] * e->n_vocab);
    runner_close(&runner);
    return logits;
}

static double largest_difference(const struct entry *e, const float *logits) {
    double largest = 0;
    for (uint32_t p = 0; p < e->n_positions; p++)
        for (uint32_t v = 0; v < e->n_vocab; v++) {
            double golden = e->logits[(size_t)p * e->n_vocab + v];
            double found = logits[(size_t)e->positions[p] * e->n_vocab + v];
            /* Written so that a NaN counts as a difference. */
            if (!(fabs(golden - found) <= largest)) largest = fabs(golden - found);
            if (isnan(largest)) return INFINITY;
        }
    return largest;
}

static double largest_kl(const struct entry *e, const float *logits) {
    double largest = 0;
    for (uint32_t p = 0; p < e->n_positions; p++) {
        double kl = kl_divergence(e->logits + (size_t)p * e->n_vocab,
                                  logits + (size_t)e->positions[p] * e->n_vocab, e->n_vocab);
        if (!(kl <= largest)) largest = kl;
        if (isnan(largest)) return INFINITY;
    }
    return largest;
}

static void check(const struct entry *e) {
    struct error err = ERROR_INIT;
    struct random_gguf options;
    assert_true(random_gguf_shape(e->shape, &options));
    assert_non_null(tensor_type_by_name(e->type));
    options.type = tensor_type_by_name(e->type)->type;
    void *bytes;
    size_t n;
    if (!random_gguf_bytes(&options, &bytes, &n, &err)) fail_msg("%s", err.message);
    if (golden_hash(bytes, n) != e->hash)
        fail_msg("%s %s is not the model that the golden numbers were made from; "
                 "run tests/golden/make_golden.py again",
                 e->shape, e->type);
    struct model *model = model_open_memory(bytes, n, &err);
    if (model == NULL) fail_msg("%s %s: %s", e->shape, e->type, err.message);

    float *logits = run("reference", model, e);
    double difference = largest_difference(e, logits);
    free(logits);
    double kl = 0;
    bool has_cpu = runner_has("cpu");
    if (has_cpu) {
        logits = run("cpu", model, e);
        kl = largest_kl(e, logits);
        free(logits);
    }
    printf("%-16s %-5s reference: max |logit difference| %.2e", e->shape, e->type, difference);
    if (has_cpu) printf("; cpu: max KL %.2e", kl);
    printf("\n");
    model_close(model);
    free(bytes);
    assert_true(difference <= 2e-3);
    assert_true(kl <= 1e-3);
}

static void every_type_and_architecture_agrees_with_pytorch(void **state) {
    (void)state;
    struct golden_file file;
    golden_open(&file, "tiny.golden", "TINYGOLD");
    uint32_t n = golden_u32(&file);
    assert_true(n >= 2 * tensor_type_count);
    for (uint32_t i = 0; i < n; i++) {
        struct entry e;
        read_entry(&file, &e);
        check(&e);
        free(e.tokens);
        free(e.positions);
        free(e.logits);
    }
    golden_close(&file);
    if (!runner_has("cpu")) print_message("no cpu backend here: only the reference was checked\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_and_architecture_agrees_with_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
