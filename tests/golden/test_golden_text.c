/* 512 tokens of a real source text through the default model: the reference backend against
 * PyTorch's logits, the cpu backend against the reference. */
#include "tests/golden/default_model.h"
#include "tests/golden/runner.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { STEP = 64 };

static struct model *model;
static struct golden_text golden;

static void raise_to(double *largest, double value) {
    if (isnan(value)) value = INFINITY;
    if (value > *largest) *largest = value;
}

/* The largest difference between a row and everything stored about it. */
static void compare_row(uint32_t position, const float *row, double *logit, double *log_sum) {
    for (uint32_t i = 0; i < golden.n_fixed; i++)
        raise_to(logit, fabs((double)row[golden.fixed[i]] -
                             golden.fixed_logits[(size_t)position * golden.n_fixed + i]));
    for (uint32_t i = 0; i < golden.n_top; i++) {
        size_t at = (size_t)position * golden.n_top + i;
        raise_to(logit, fabs((double)row[golden.top_ids[at]] - golden.top_logits[at]));
    }
    raise_to(log_sum, fabs(log_sum_exp(row, golden.n_vocab) - golden.log_sums[position]));
}

/* Log-probability of the token that follows. */
static double following(uint32_t position, const float *row) {
    return row[golden.tokens[position + 1]] - log_sum_exp(row, golden.n_vocab);
}

static void a_real_text_gets_the_logits_of_pytorch(void **state) {
    (void)state;
    bool has_cpu = runner_has("cpu");
    struct runner reference, cpu = {0};
    size_t row_floats = golden.n_vocab;
    float *truth = malloc(STEP * row_floats * sizeof *truth);
    float *fast = malloc(STEP * row_floats * sizeof *fast);
    assert_non_null(truth);
    assert_non_null(fast);
    runner_open(&reference, "reference", model_decoder(model), golden.n_text);
    if (has_cpu) runner_open(&cpu, "cpu", model_decoder(model), golden.n_text);

    double logit = 0, log_sum = 0, kl = 0, kl_sum = 0, reference_log = 0, cpu_log = 0;
    uint32_t agreed = 0;
    for (uint32_t at = 0; at < golden.n_text; at += STEP) {
        uint32_t n = golden.n_text - at < STEP ? golden.n_text - at : STEP;
        runner_all(&reference, golden.tokens + at, n, truth);
        if (has_cpu) runner_all(&cpu, golden.tokens + at, n, fast);
        for (uint32_t i = 0; i < n; i++) {
            const float *row = truth + i * row_floats, *fast_row = fast + i * row_floats;
            compare_row(at + i, row, &logit, &log_sum);
            if (at + i + 1 < golden.n_text) reference_log += following(at + i, row);
            if (!has_cpu) continue;
            double divergence = kl_divergence(row, fast_row, golden.n_vocab);
            raise_to(&kl, divergence);
            kl_sum += divergence;
            agreed += most_likely(row, golden.n_vocab) == most_likely(fast_row, golden.n_vocab);
            if (at + i + 1 < golden.n_text) cpu_log += following(at + i, fast_row);
        }
    }
    double reference_perplexity = exp(-reference_log / (golden.n_text - 1));
    double cpu_perplexity = exp(-cpu_log / (golden.n_text - 1));
    printf("reference: max |logit difference| %.2e, max |logsumexp difference| %.2e, perplexity "
           "%.5f (PyTorch %.5f)\n",
           logit, log_sum, reference_perplexity, golden.perplexity);
    if (has_cpu)
        printf("cpu: max KL %.2e, mean KL %.2e, same most likely token at %u of %u, perplexity "
               "%.5f\n",
               kl, kl_sum / golden.n_text, agreed, golden.n_text, cpu_perplexity);
    else
        print_message("no cpu backend here: only the reference was checked\n");
    if (has_cpu) runner_close(&cpu);
    runner_close(&reference);
    free(truth);
    free(fast);

    assert_true(logit <= 2e-3);
    assert_true(log_sum <= 2e-3);
    assert_true(fabs(reference_perplexity / golden.perplexity - 1) <= 1e-3);
    if (!has_cpu) return;
    assert_true(kl <= 1e-3);
    assert_true(fabs(cpu_perplexity / golden.perplexity - 1) <= 1e-3);
}

static void the_text_is_cut_into_the_tokens_of_another_tokenizer(void **state) {
    (void)state;
    struct error err = ERROR_INIT;
    struct tokenizer *tokenizer = model_create_tokenizer(model, &err);
    if (tokenizer == NULL && err.code == ERROR_UNSUPPORTED) {
        print_message("skipped: %s\n", err.message);
        skip();
    }
    if (tokenizer == NULL) fail_msg("%s", err.message);
    static char text[1 << 14];
    FILE *file = fopen(AERIE_SOURCE_DIR "/tests/golden/sample.py", "rb");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text, file);
    fclose(file);
    struct token_list list = {0};
    assert_true(tokenizer_encode(tokenizer, text, length, TOKENIZE_PLAIN, &list, &err));
    assert_true(list.length >= golden.n_text);
    assert_memory_equal(list.ids, golden.tokens, golden.n_text * sizeof *list.ids);
    for (uint32_t p = 0; p < golden.n_prompts; p++) {
        const struct golden_prompt *prompt = &golden.prompts[p];
        list.length = 0;
        assert_true(tokenizer_encode(tokenizer, prompt->text, prompt->n_bytes, TOKENIZE_PLAIN,
                                     &list, &err));
        assert_int_equal(list.length, prompt->n_tokens);
        assert_memory_equal(list.ids, prompt->tokens, list.length * sizeof *list.ids);
    }
    token_list_free(&list);
    tokenizer_free(tokenizer);
}

int main(void) {
    model = open_default_model();
    golden_text_read(&golden);
    assert_int_equal(golden.n_vocab, model_decoder(model)->config.n_vocab);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_cut_into_the_tokens_of_another_tokenizer),
        cmocka_unit_test(a_real_text_gets_the_logits_of_pytorch),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    golden_text_free(&golden);
    model_close(model);
    return failed;
}
