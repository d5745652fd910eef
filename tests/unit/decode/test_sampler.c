/* Logits to tokens: against distributions worked out by the plainest means, sorting everything. */
#include "engine/decode/prng.h"
#include "engine/decode/sampler.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sampler *make_sampler(uint32_t n_vocab, struct sampling sampling) {
    struct error err = ERROR_INIT;
    struct sampler *sampler = sampler_create(n_vocab, &err);
    assert_non_null(sampler);
    sampler_start(sampler, &sampling);
    return sampler;
}

static int32_t choose_once(const float *logits, uint32_t n, struct sampling sampling) {
    struct sampler *sampler = make_sampler(n, sampling);
    int32_t chosen = sampler_choose(sampler, logits, NULL);
    sampler_free(sampler);
    return chosen;
}

/* ---- the plain definition -------------------------------------------------------------------- */

struct ranked {
    double probability;
    uint32_t id;
};

static int by_rank(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (x->probability != y->probability) return x->probability > y->probability ? -1 : 1;
    return x->id < y->id ? -1 : 1;
}

static void normalise(struct ranked *ranked, size_t n) {
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += ranked[i].probability;
    for (size_t i = 0; i < n; i++)
        ranked[i].probability /= total;
}

/* probabilities[n] of engine.h's struct sampling, temperature > 0. */
static void exact_distribution(const float *logits, uint32_t n, struct sampling sampling,
                               double *probabilities) {
    struct ranked *ranked = malloc(sizeof *ranked * n);
    assert_non_null(ranked);
    double largest = -INFINITY;
    for (uint32_t i = 0; i < n; i++)
        largest = fmax(largest, logits[i]);
    for (uint32_t i = 0; i < n; i++)
        ranked[i] = (struct ranked){exp((logits[i] - largest) / sampling.temperature), i};
    qsort(ranked, n, sizeof *ranked, by_rank);
    size_t kept = sampling.top_k > 0 && sampling.top_k < n ? sampling.top_k : n;
    normalise(ranked, kept);
    if (sampling.top_p > 0 && sampling.top_p < 1) {
        double reached = 0;
        size_t nucleus = 0;
        while (nucleus < kept && reached < (double)sampling.top_p)
            reached += ranked[nucleus++].probability;
        kept = nucleus;
        normalise(ranked, kept);
    }
    memset(probabilities, 0, sizeof *probabilities * n);
    for (size_t i = 0; i < kept; i++)
        probabilities[ranked[i].id] = ranked[i].probability;
    free(ranked);
}

/* ---- greedy ---------------------------------------------------------------------------------- */

static void temperature_0_takes_the_most_likely_and_the_lowest_id_on_a_tie(void **state) {
    (void)state;
    static const struct {
        float logits[5];
        int32_t expected;
    } cases[] = {
        {{0, 1, 2, 3, 4}, 4},
        {{4, 3, 2, 1, 0}, 0},
        {{1, 7, 7, 7, 1}, 1},
        {{-5, -5, -5, -5, -5}, 0},
        {{NAN, 1, NAN, 2, NAN}, 3},
        {{-INFINITY, -3, NAN, -INFINITY, -4}, 1},
        {{1, INFINITY, 3, INFINITY, 3e38f}, 1},
        {{NAN, NAN, NAN, NAN, NAN}, -1},
        {{-INFINITY, NAN, -INFINITY, -INFINITY, NAN}, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(choose_once(cases[i].logits, 5, (struct sampling){0}), cases[i].expected);
}

static void top_k_1_and_a_tiny_nucleus_are_greedy(void **state) {
    (void)state;
    const float logits[] = {0.5f, 2.5f, 2.5f, 1.0f};
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct sampling one = {.temperature = 1, .top_k = 1, .seed = seed};
        struct sampling tiny = {.temperature = 1, .top_p = 1e-6f, .seed = seed};
        struct sampling cold = {.temperature = 1e-30f, .top_k = 1, .seed = seed};
        assert_int_equal(choose_once(logits, 4, one), 1);
        assert_int_equal(choose_once(logits, 4, tiny), 1);
        assert_int_equal(choose_once(logits, 4, cold), 1);
    }
}

/* ---- sampled --------------------------------------------------------------------------------- */

static void fill_logits(float *logits, uint32_t n, uint64_t seed) {
    struct prng prng;
    prng_seed(&prng, seed);
    for (uint32_t i = 0; i < n; i++)
        logits[i] = (float)(6 * prng_uniform(&prng) - 3);
}

/* Draws many tokens with one fixed seed; what must not come never comes, and the rest follows the
 * exact distribution: chi-squared below its mean plus five standard deviations. */
static void assert_follows(const float *logits, uint32_t n, struct sampling sampling) {
    enum { DRAWS = 20000 };
    double *expected = malloc(sizeof *expected * n);
    unsigned *seen = calloc(n, sizeof *seen);
    assert_non_null(expected);
    assert_non_null(seen);
    exact_distribution(logits, n, sampling, expected);
    struct sampler *sampler = make_sampler(n, sampling);
    for (int i = 0; i < DRAWS; i++) {
        int32_t id = sampler_choose(sampler, logits, NULL);
        assert_in_range(id, 0, n - 1);
        seen[id]++;
    }
    double chi_squared = 0, rest_expected = 0, rest_seen = 0;
    int freedom = -1;
    for (uint32_t i = 0; i < n; i++) {
        double mean = expected[i] * DRAWS;
        if (mean == 0) assert_int_equal(seen[i], 0);
        if (mean < 5) { /* too rare for a cell of its own */
            rest_expected += mean;
            rest_seen += seen[i];
            continue;
        }
        chi_squared += (seen[i] - mean) * (seen[i] - mean) / mean;
        freedom++;
    }
    if (rest_expected >= 5) {
        chi_squared += (rest_seen - rest_expected) * (rest_seen - rest_expected) / rest_expected;
        freedom++;
    }
    assert_true(freedom >= 0);
    assert_true(chi_squared <= freedom + 5 * sqrt(2.0 * freedom) + 1e-9);
    sampler_free(sampler);
    free(seen);
    free(expected);
}

static void draws_follow_the_exact_distribution(void **state) {
    (void)state;
    static const struct sampling cases[] = {
        {.temperature = 1.0f, .seed = 1},
        {.temperature = 0.7f, .seed = 2},
        {.temperature = 1.8f, .seed = 3},
        {.temperature = 1.0f, .top_k = 2, .seed = 4},
        {.temperature = 1.0f, .top_k = 40, .seed = 5},
        {.temperature = 1.0f, .top_k = 100000, .seed = 6},
        {.temperature = 1.0f, .top_p = 0.5f, .seed = 7},
        {.temperature = 0.8f, .top_p = 0.9f, .seed = 8},
        {.temperature = 1.0f, .top_p = 1.0f, .seed = 9},
        {.temperature = 0.9f, .top_k = 40, .top_p = 0.9f, .seed = 10},
        {.temperature = 1.5f, .top_k = 7, .top_p = 0.3f, .seed = 11},
    };
    static const uint32_t sizes[] = {2, 10, 90};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        float logits[90];
        fill_logits(logits, sizes[s], 77 + s);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            assert_follows(logits, sizes[s], cases[i]);
    }
}

static void the_token_that_crosses_top_p_is_kept(void **state) {
    (void)state;
    /* Probabilities 0.5, 0.3, 0.2. */
    const float logits[] = {logf(0.2f), logf(0.5f), logf(0.3f)};
    static const struct {
        float p;
        bool expected[3];
    } cases[] = {
        {0.4f, {false, true, false}},
        {0.6f, {false, true, true}}, /* 0.5 does not reach it: 0.3 crosses */
        {0.7f, {false, true, true}},
        {0.9f, {true, true, true}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool seen[3] = {false};
        struct sampling sampling = {.temperature = 1, .top_p = cases[i].p, .seed = 5};
        struct sampler *sampler = make_sampler(3, sampling);
        for (int draw = 0; draw < 500; draw++)
            seen[sampler_choose(sampler, logits, NULL)] = true;
        sampler_free(sampler);
        assert_memory_equal(seen, cases[i].expected, sizeof seen);
    }
}

static void of_equally_likely_tokens_the_lower_ids_are_kept(void **state) {
    (void)state;
    float logits[1000];
    for (int i = 0; i < 1000; i++)
        logits[i] = 1;
    struct sampling sampling = {.temperature = 1, .top_k = 10, .seed = 3};
    struct sampler *sampler = make_sampler(1000, sampling);
    for (int i = 0; i < 300; i++)
        assert_in_range(sampler_choose(sampler, logits, NULL), 0, 9);
    sampler_free(sampler);
}

static void broken_logits_are_never_chosen(void **state) {
    (void)state;
    const float logits[] = {NAN, 0, -INFINITY, 1, NAN, -1e38f};
    static const struct sampling cases[] = {
        {.temperature = 1, .seed = 1},
        {.temperature = 1, .top_k = 4, .seed = 2},
        {.temperature = 3e38f, .top_p = 0.99f, .seed = 3},
        {.temperature = 1e-38f, .seed = 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sampler *sampler = make_sampler(6, cases[i]);
        for (int draw = 0; draw < 200; draw++) {
            double log_probability = 1;
            int32_t id = sampler_choose(sampler, logits, &log_probability);
            assert_true(id == 1 || id == 3 || id == 5);
            assert_true(log_probability <= 0);
        }
        sampler_free(sampler);
    }
    const float infinite[] = {0, INFINITY, 3, INFINITY};
    bool seen[4] = {false};
    struct sampler *sampler = make_sampler(4, (struct sampling){.temperature = 1, .seed = 9});
    for (int draw = 0; draw < 200; draw++)
        seen[sampler_choose(sampler, infinite, NULL)] = true;
    sampler_free(sampler);
    const bool only_the_infinite[] = {false, true, false, true};
    assert_memory_equal(seen, only_the_infinite, sizeof seen);
}

static void the_seed_decides(void **state) {
    (void)state;
    float logits[500];
    fill_logits(logits, 500, 1);
    int32_t first[64], again[64], other[64];
    struct sampling sampling = {.temperature = 1, .top_p = 0.95f, .seed = 42};
    struct sampler *sampler = make_sampler(500, sampling);
    for (int i = 0; i < 64; i++)
        first[i] = sampler_choose(sampler, logits, NULL);
    sampler_start(sampler, &sampling);
    for (int i = 0; i < 64; i++)
        again[i] = sampler_choose(sampler, logits, NULL);
    sampling.seed = 43;
    sampler_start(sampler, &sampling);
    for (int i = 0; i < 64; i++)
        other[i] = sampler_choose(sampler, logits, NULL);
    sampler_free(sampler);
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, other, sizeof first);
}

/* ---- log-probabilities ----------------------------------------------------------------------- */

static void the_log_probability_is_that_at_temperature_1_among_all(void **state) {
    (void)state;
    enum { N = 3000 };
    static float logits[N];
    static double expected[N];
    fill_logits(logits, N, 8);
    logits[17] = 30; /* others become negligible, the sum must not notice */
    exact_distribution(logits, N, (struct sampling){.temperature = 1}, expected);
    static const struct sampling cases[] = {{0},
                                            {.temperature = 5},
                                            {.temperature = 5, .top_k = 50},
                                            {.temperature = 9, .top_p = 0.9f}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sampler *sampler = make_sampler(N, cases[i]);
        for (int draw = 0; draw < 50; draw++) {
            double log_probability = 1;
            int32_t id = sampler_choose(sampler, logits, &log_probability);
            assert_true(fabs(log_probability - log(expected[id])) < 1e-5);
        }
        sampler_free(sampler);
    }
}

static void a_vocabulary_of_one_token_works(void **state) {
    (void)state;
    const float logit = -3;
    double log_probability = 1;
    struct sampler *sampler = make_sampler(1, (struct sampling){.temperature = 1, .top_p = 0.5f});
    assert_int_equal(sampler_choose(sampler, &logit, &log_probability), 0);
    assert_true(log_probability == 0);
    sampler_free(sampler);
}

static void senseless_numbers_are_refused(void **state) {
    (void)state;
    static const struct sampling bad[] = {
        {.temperature = -1}, {.temperature = NAN}, {.temperature = INFINITY},  {.top_p = -0.1f},
        {.top_p = 1.1f},     {.top_p = NAN},       {.temperature = -INFINITY},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error err = ERROR_INIT;
        assert_false(sampling_check(&bad[i], &err));
        assert_int_equal(err.code, ERROR_ARGUMENT);
    }
    assert_true(sampling_check(&(struct sampling){.temperature = 2, .top_p = 1}, NULL));
}

static void uniform_numbers_lie_in_0_to_1_and_spread_evenly(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 4; seed++) {
        struct prng prng;
        prng_seed(&prng, seed);
        unsigned cells[16] = {0};
        for (int i = 0; i < 16000; i++) {
            double x = prng_uniform(&prng);
            assert_true(x >= 0 && x < 1);
            cells[(int)(x * 16)]++;
        }
        for (int i = 0; i < 16; i++)
            assert_in_range(cells[i], 840, 1160); /* five standard deviations */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(temperature_0_takes_the_most_likely_and_the_lowest_id_on_a_tie),
        cmocka_unit_test(top_k_1_and_a_tiny_nucleus_are_greedy),
        cmocka_unit_test(draws_follow_the_exact_distribution),
        cmocka_unit_test(the_token_that_crosses_top_p_is_kept),
        cmocka_unit_test(of_equally_likely_tokens_the_lower_ids_are_kept),
        cmocka_unit_test(broken_logits_are_never_chosen),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(the_log_probability_is_that_at_temperature_1_among_all),
        cmocka_unit_test(a_vocabulary_of_one_token_works),
        cmocka_unit_test(senseless_numbers_are_refused),
        cmocka_unit_test(uniform_numbers_lie_in_0_to_1_and_spread_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
