/* Whole decoders: the cpu backend against the reference, on every instruction set. */
#include "kernels/cpu/backend.h"
#include "tests/support/random_blocks.h"
#include "tests/unit/kernels/each_isa.h"
#include "tests/unit/kernels/tiny_decoder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct tiny_options decoders[] = {
    {.name = "llama, grouped heads",
     .type = TENSOR_Q4_1,
     .n_layers = 2,
     .d_model = 96,
     .n_heads = 6,
     .n_kv_heads = 2,
     .head_dim = 16,
     .d_ff = 160,
     .n_vocab = 97},
    {.name = "qwen2, biases, neox rope",
     .type = TENSOR_F16,
     .n_layers = 3,
     .d_model = 56,
     .n_heads = 7,
     .n_kv_heads = 1,
     .head_dim = 8,
     .d_ff = 75,
     .n_vocab = 101,
     .biases = true,
     .untied = true,
     .style = ROPE_HALVES},
    {.name = "qwen3, head norms, wide heads",
     .type = TENSOR_Q8_0,
     .n_layers = 2,
     .d_model = 64,
     .n_heads = 4,
     .n_kv_heads = 4,
     .head_dim = 24,
     .d_ff = 128,
     .n_vocab = 130,
     .head_norms = true,
     .untied = true,
     .style = ROPE_HALVES},
    {.name = "k-quants, clamp, scaled rope on part of a head",
     .type = TENSOR_Q5_K,
     .n_layers = 2,
     .d_model = 256,
     .n_heads = 32,
     .n_kv_heads = 1,
     .head_dim = 8,
     .d_ff = 256,
     .n_vocab = 64,
     .frequency_factors = true,
     .rope_dims = 6,
     .clamp = 0.7f},
};
enum { N_DECODERS = sizeof decoders / sizeof decoders[0], N_TOKENS = 72, POOL = 16 };

/* A decoder on a backend with a cache. */
struct session {
    struct backend *backend;
    struct decoder *decoder;
    struct kv_cache *kv;
    uint32_t n_vocab;
};

static struct session open_session(struct backend *backend, const struct decoder_spec *spec) {
    struct error err = ERROR_INIT;
    struct session s = {.backend = backend, .n_vocab = spec->config.n_vocab};
    assert_non_null(backend);
    s.decoder = decoder_create(backend, spec, NULL, &err);
    if (s.decoder == NULL) fail_msg("%s", err.message);
    s.kv = kv_cache_create(s.decoder, POOL, &err);
    if (s.kv == NULL) fail_msg("%s", err.message);
    return s;
}

static struct session open_reference(const struct decoder_spec *spec) {
    return open_session(backend_open("reference", NULL, NULL), spec);
}

static struct session open_cpu(const struct cpu_isa *isa, unsigned threads,
                               const struct decoder_spec *spec) {
    struct backend_options options = {.threads = threads};
    return open_session(cpu_backend_open_isa(isa->name, &options, NULL), spec);
}

static void close_session(struct session *s) {
    kv_cache_free(s->kv);
    decoder_free(s->decoder);
    backend_close(s->backend);
}

static const uint32_t pages_a[] = {3, 9, 0, 12}, pages_b[] = {7, 1, 14, 5},
                      pages_c[] = {3, 9, 2, 6};

static void fill_tokens(int32_t *tokens, uint32_t n, uint32_t n_vocab, uint64_t seed) {
    struct random_bits random = {seed};
    for (uint32_t i = 0; i < n; i++)
        tokens[i] = (int32_t)(random_next(&random) % n_vocab);
}

/* Feeds tokens [first, first + n) of a sequence; logits after each of them. */
static void feed(struct session *s, const int32_t *tokens, uint32_t first, uint32_t n,
                 const uint32_t *pages, float *logits) {
    uint8_t all[N_TOKENS];
    memset(all, 1, sizeof all);
    struct step_sequence sequence = {tokens + first, n, first, pages};
    struct step step = {&sequence, 1, all};
    struct error err = ERROR_INIT;
    if (!decoder_forward(s->decoder, s->kv, &step, logits, &err)) fail_msg("%s", err.message);
}

static float *new_logits(const struct session *s) {
    float *logits = malloc((size_t)N_TOKENS * s->n_vocab * sizeof *logits);
    assert_non_null(logits);
    return logits;
}

static float largest_difference(const float *a, const float *b, size_t n) {
    float most = 0;
    for (size_t i = 0; i < n; i++) {
        assert_true(isfinite(a[i]) && isfinite(b[i]));
        most = fmaxf(most, fabsf(a[i] - b[i]));
    }
    return most;
}

/* Half-precision keys and values are the only difference that is not float32 rounding; relative to
 * the largest logit. */
static const float HALF_PRECISION = 2e-3f;

static void every_position_agrees_with_the_reference(void **state) {
    (void)state;
    for (size_t i = 0; i < N_DECODERS; i++) {
        struct tiny_decoder *tiny = tiny_create(&decoders[i]);
        struct session reference = open_reference(tiny_spec(tiny));
        float *truth = new_logits(&reference), *logits = new_logits(&reference);
        int32_t tokens[N_TOKENS];
        fill_tokens(tokens, N_TOKENS, reference.n_vocab, i);
        feed(&reference, tokens, 0, N_TOKENS, pages_a, truth);
        float largest = 0;
        for (size_t j = 0; j < (size_t)N_TOKENS * reference.n_vocab; j++)
            largest = fmaxf(largest, fabsf(truth[j]));
        assert_true(largest > 0.5f); /* the numbers compared are not all next to nothing */
        EACH_ISA(isa) {
            struct session cpu = open_cpu(isa, 2, tiny_spec(tiny));
            feed(&cpu, tokens, 0, N_TOKENS, pages_a, logits);
            float difference =
                largest_difference(logits, truth, (size_t)N_TOKENS * reference.n_vocab);
            print_message("%-8s %-48s %.2g of %.2g\n", isa->name, decoders[i].name,
                          (double)difference, (double)largest);
            assert_true(difference <= HALF_PRECISION * largest);
            close_session(&cpu);
        }
        free(truth);
        free(logits);
        close_session(&reference);
        tiny_free(tiny);
    }
}

/* A prompt cut in two at any point, the way chunks and cached prefixes cut it. */
static void a_split_prompt_gives_the_logits_of_the_whole(void **state) {
    (void)state;
    static const uint32_t cuts[] = {33, 1, 7, 16, 17, 31, 32, 64, 71};
    for (size_t i = 0; i < N_DECODERS; i++) {
        struct tiny_decoder *tiny = tiny_create(&decoders[i]);
        int32_t tokens[N_TOKENS];
        fill_tokens(tokens, N_TOKENS, decoders[i].n_vocab, i + 10);
        struct session sessions[] = {open_reference(tiny_spec(tiny)),
                                     open_cpu(cpu_isa_choose(NULL), 2, tiny_spec(tiny))};
        for (int backend = 0; backend < 2; backend++) {
            struct session *s = &sessions[backend];
            float *whole = new_logits(s), *parts = new_logits(s);
            size_t n = (size_t)N_TOKENS * s->n_vocab;
            feed(s, tokens, 0, N_TOKENS, pages_a, whole);
            size_t n_cuts =
                backend == 0 ? 2 : sizeof cuts / sizeof cuts[0]; /* the reference is slow */
            for (size_t c = 0; c < n_cuts; c++) {
                feed(s, tokens, 0, cuts[c], pages_b, parts);
                feed(s, tokens, cuts[c], N_TOKENS - cuts[c], pages_b,
                     parts + (size_t)cuts[c] * s->n_vocab);
                assert_memory_equal(parts, whole, n * sizeof *parts);
            }
            free(whole);
            free(parts);
            close_session(s);
        }
        tiny_free(tiny);
    }
}

/* Decoding token by token, and in steps of any width: the same bits, so that speculation is
 * lossless. */
static void wide_steps_give_the_bits_of_single_ones(void **state) {
    (void)state;
    for (size_t i = 0; i < N_DECODERS; i++) {
        struct tiny_decoder *tiny = tiny_create(&decoders[i]);
        int32_t tokens[N_TOKENS];
        fill_tokens(tokens, N_TOKENS, decoders[i].n_vocab, i + 20);
        EACH_ISA(isa) {
            if (i % 3 != 0 && isa != cpu_isa_choose(NULL)) continue; /* two decoders on all sets */
            struct session s = open_cpu(isa, 2, tiny_spec(tiny));
            float *single = new_logits(&s), *grouped = new_logits(&s);
            for (uint32_t t = 0; t < N_TOKENS; t++)
                feed(&s, tokens, t, 1, pages_a, single + (size_t)t * s.n_vocab);
            for (uint32_t t = 0, n = 1; t < N_TOKENS; t += n, n = n % 20 + 1) {
                if (n > N_TOKENS - t) n = N_TOKENS - t;
                feed(&s, tokens, t, n, pages_b, grouped + (size_t)t * s.n_vocab);
            }
            assert_memory_equal(grouped, single, sizeof *single * N_TOKENS * s.n_vocab);
            free(single);
            free(grouped);
            close_session(&s);
        }
        tiny_free(tiny);
    }
}

static void the_number_of_threads_changes_no_bit(void **state) {
    (void)state;
    for (size_t i = 0; i < N_DECODERS; i++) {
        struct tiny_decoder *tiny = tiny_create(&decoders[i]);
        int32_t tokens[N_TOKENS];
        fill_tokens(tokens, N_TOKENS, decoders[i].n_vocab, i + 30);
        EACH_ISA(isa) {
            if (i % 3 != 0 && isa != cpu_isa_choose(NULL)) continue; /* two decoders on all sets */
            float *first = NULL;
            size_t bytes = sizeof *first * N_TOKENS * decoders[i].n_vocab;
            for (unsigned threads = 1; threads <= 5; threads += 2) {
                struct session s = open_cpu(isa, threads, tiny_spec(tiny));
                assert_int_equal(backend_info(s.backend)->threads, threads);
                float *logits = new_logits(&s);
                feed(&s, tokens, 0, 50, pages_a, logits);
                feed(&s, tokens, 50, 16, pages_a, logits + (size_t)50 * s.n_vocab);
                for (uint32_t t = 66; t < N_TOKENS; t++)
                    feed(&s, tokens, t, 1, pages_a, logits + (size_t)t * s.n_vocab);
                if (first == NULL)
                    first = logits;
                else
                    assert_memory_equal(logits, first, bytes);
                if (logits != first) free(logits);
                close_session(&s);
            }
            free(first);
        }
        tiny_free(tiny);
    }
}

/* Three sequences in one step: one decodes, one prefills over a page boundary, one continues a
 * prefix whose full pages it shares with the first. Each gets what it gets alone. */
static void sequences_of_one_step_do_not_mix(void **state) {
    (void)state;
    for (size_t i = 0; i < N_DECODERS; i++) {
        struct tiny_decoder *tiny = tiny_create(&decoders[i]);
        uint32_t n_vocab = decoders[i].n_vocab;
        int32_t a[N_TOKENS], b[N_TOKENS], c[N_TOKENS];
        fill_tokens(a, N_TOKENS, n_vocab, 1);
        fill_tokens(b, N_TOKENS, n_vocab, 2);
        fill_tokens(c, N_TOKENS, n_vocab, 3);
        memcpy(c, a, 64 * sizeof *c);
        struct session sessions[] = {open_reference(tiny_spec(tiny)),
                                     open_cpu(cpu_isa_choose(NULL), 3, tiny_spec(tiny))};
        for (int backend = 0; backend < 2; backend++) {
            struct session *s = &sessions[backend];
            float *alone = new_logits(s), *mixed = new_logits(s);
            feed(s, a, 0, 70, pages_a, alone);
            feed(s, b, 0, 40, pages_b, alone);
            struct step_sequence sequences[] = {
                {a + 70, 1, 70, pages_a}, {b + 40, 9, 40, pages_b}, {c + 64, 5, 64, pages_c}};
            struct step step = {sequences, 3, NULL};
            struct error err = ERROR_INIT;
            if (!decoder_forward(s->decoder, s->kv, &step, mixed, &err))
                fail_msg("%s", err.message);
            float *expected = new_logits(s);
            for (int q = 0; q < 3; q++) { /* again, one by one: positions are overwritten alike */
                step = (struct step){&sequences[q], 1, NULL};
                assert_true(decoder_forward(s->decoder, s->kv, &step,
                                            expected + (size_t)q * n_vocab, &err));
            }
            assert_memory_equal(mixed, expected, 3 * n_vocab * sizeof *mixed);
            free(alone);
            free(mixed);
            free(expected);
            close_session(s);
        }
        tiny_free(tiny);
    }
}

static void only_wanted_rows_come_back_and_they_are_the_same(void **state) {
    (void)state;
    struct tiny_decoder *tiny = tiny_create(&decoders[0]);
    uint32_t n_vocab = decoders[0].n_vocab;
    int32_t tokens[N_TOKENS];
    fill_tokens(tokens, N_TOKENS, n_vocab, 5);
    struct session s = open_cpu(cpu_isa_choose(NULL), 2, tiny_spec(tiny));
    float *all = new_logits(&s), *some = new_logits(&s);
    feed(&s, tokens, 0, 12, pages_a, all);
    memset(some, 0xff, sizeof *some * N_TOKENS * n_vocab);
    uint8_t wants[12] = {0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0};
    struct step_sequence sequence = {tokens, 12, 0, pages_b};
    struct step step = {&sequence, 1, wants};
    assert_true(decoder_forward(s.decoder, s.kv, &step, some, NULL));
    assert_memory_equal(some, all + 2 * n_vocab, n_vocab * sizeof *some);
    assert_memory_equal(some + n_vocab, all + 7 * n_vocab, 2 * n_vocab * sizeof *some);
    uint32_t untouched;
    memcpy(&untouched, some + 3 * n_vocab, sizeof untouched);
    assert_int_equal(untouched, UINT32_MAX);
    /* None wanted: the step only fills the cache. */
    memset(wants, 0, sizeof wants);
    sequence = (struct step_sequence){tokens, 12, 0, (uint32_t[]){4}};
    assert_true(decoder_forward(s.decoder, s.kv, &step, NULL, NULL));
    feed(&s, tokens, 12, 1, pages_a, all);
    feed(&s, tokens, 12, 1, (uint32_t[]){4}, some);
    assert_memory_equal(some, all, n_vocab * sizeof *some);
    free(all);
    free(some);
    close_session(&s);
    tiny_free(tiny);
}

static void a_copied_page_continues_like_the_original(void **state) {
    (void)state;
    struct tiny_decoder *tiny = tiny_create(&decoders[1]);
    uint32_t n_vocab = decoders[1].n_vocab;
    int32_t tokens[N_TOKENS];
    fill_tokens(tokens, N_TOKENS, n_vocab, 6);
    struct session sessions[] = {open_reference(tiny_spec(tiny)),
                                 open_cpu(cpu_isa_choose(NULL), 2, tiny_spec(tiny))};
    for (int backend = 0; backend < 2; backend++) {
        struct session *s = &sessions[backend];
        float *original = new_logits(s), *copy = new_logits(s);
        feed(s, tokens, 0, 40, pages_a, original);
        kv_copy_page(s->kv, 11, pages_a[1]);
        kv_copy_page(s->kv, POOL, 0); /* out of range: nothing happens */
        feed(s, tokens, 40, 3, pages_a, original);
        feed(s, tokens, 40, 3, (uint32_t[]){pages_a[0], 11}, copy);
        assert_memory_equal(copy, original, 3 * n_vocab * sizeof *copy);
        free(original);
        free(copy);
        close_session(s);
    }
    tiny_free(tiny);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_position_agrees_with_the_reference),
        cmocka_unit_test(a_split_prompt_gives_the_logits_of_the_whole),
        cmocka_unit_test(wide_steps_give_the_bits_of_single_ones),
        cmocka_unit_test(the_number_of_threads_changes_no_bit),
        cmocka_unit_test(sequences_of_one_step_do_not_mix),
        cmocka_unit_test(only_wanted_rows_come_back_and_they_are_the_same),
        cmocka_unit_test(a_copied_page_continues_like_the_original),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
