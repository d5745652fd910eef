/* The public face of the kernels: names, refusals, and errors that say what is wrong. */
#include "kernels/cpu/backend.h"
#include "kernels/kernels.h"
#include "tests/unit/kernels/tiny_decoder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct tiny_options small = {.type = TENSOR_F32,
                                          .n_layers = 1,
                                          .d_model = 8,
                                          .n_heads = 2,
                                          .n_kv_heads = 1,
                                          .head_dim = 4,
                                          .d_ff = 8,
                                          .n_vocab = 10};

static void assert_error(const struct error *err, enum error_code code, const char *part) {
    assert_int_equal(err->code, code);
    if (strstr(err->message, part) == NULL) fail_msg("\"%s\" lacks \"%s\"", err->message, part);
}

static void every_name_opens_and_auto_is_the_best(void **state) {
    (void)state;
    assert_string_equal(backend_names()[0], "cpu");
    for (const char *const *name = backend_names(); *name != NULL; name++) {
        struct backend *backend = backend_open(*name, NULL, NULL);
        assert_non_null(backend);
        assert_string_equal(backend_info(backend)->name, *name);
        assert_true(backend_info(backend)->threads >= 1);
        assert_int_equal(backend_info(backend)->max_step_tokens, 512);
        assert_true(backend_info(backend)->device[0] != '\0');
        backend_close(backend);
    }
    struct backend *best = backend_open("auto", &(struct backend_options){.threads = 2}, NULL);
    assert_string_equal(backend_info(best)->name, "cpu");
    assert_int_equal(backend_info(best)->threads, 2);
    backend_close(best);
    backend_close(NULL);
}

static void what_cannot_be_opened_says_why(void **state) {
    (void)state;
    struct error err = ERROR_INIT;
    assert_null(backend_open("tpu", NULL, &err));
    assert_error(&err, ERROR_ARGUMENT, "cpu, reference");
    error_clear(&err);
    assert_null(backend_open("cpu", &(struct backend_options){.threads = 100000}, &err));
    assert_error(&err, ERROR_ARGUMENT, "100000 threads");
    error_clear(&err);
    assert_null(backend_open("cpu", &(struct backend_options){.max_step_tokens = 1u << 31}, &err));
    assert_error(&err, ERROR_ARGUMENT, "too large");
    error_clear(&err);
    assert_null(cpu_backend_open_isa("sse9", &(struct backend_options){0}, &err));
    assert_error(&err, ERROR_UNSUPPORTED, "sse9");
}

/* Runs `check` with a small decoder on each backend. */
static void on_each_backend(void (*check)(struct decoder *decoder, struct kv_cache *kv)) {
    struct tiny_decoder *tiny = tiny_create(&small);
    for (const char *const *name = backend_names(); *name != NULL; name++) {
        struct backend_options options = {.threads = 2, .max_step_tokens = 40};
        struct backend *backend = backend_open(*name, &options, NULL);
        struct decoder *decoder = decoder_create(backend, tiny_spec(tiny), NULL, NULL);
        assert_non_null(decoder);
        struct kv_cache *kv = kv_cache_create(decoder, 4, NULL);
        assert_non_null(kv);
        check(decoder, kv);
        kv_cache_free(kv);
        decoder_free(decoder);
        backend_close(backend);
    }
    tiny_free(tiny);
}

static void check_absurd_caches(struct decoder *decoder, struct kv_cache *kv) {
    (void)kv;
    struct error err = ERROR_INIT;
    assert_true(kv_page_bytes(decoder) >= KV_PAGE_TOKENS * 2 * 4 * 2);
    assert_null(kv_cache_create(decoder, UINT32_MAX, &err));
    assert_error(&err, ERROR_MEMORY, "MiB");
    error_clear(&err);
    assert_null(kv_cache_create(decoder, 0, &err));
    assert_error(&err, ERROR_ARGUMENT, "at least one page");
}

static void a_cache_larger_than_the_machine_is_refused(void **state) {
    (void)state;
    on_each_backend(check_absurd_caches);
}

static void check_steps(struct decoder *decoder, struct kv_cache *kv) {
    int32_t tokens[64] = {1, 2, 3};
    uint32_t pages[8] = {0, 1, 2, 3, 0, 0, 0, 0}, other[8] = {2, 3};
    float logits[40 * 10];
    int32_t too_high[] = {1, 10}, negative[] = {-1};
    uint32_t no_page[] = {4}, twice[] = {1, 1};
    const struct {
        const char *message;
        struct step_sequence sequences[2];
        uint32_t n;
    } wrong[] = {
        {"at least one sequence", {{0}}, 0},
        {"no tokens", {{tokens, 0, 0, pages}}, 1},
        {"no tokens", {{NULL, 1, 0, pages}}, 1},
        {"no pages", {{tokens, 1, 0, NULL}}, 1},
        {"token 10", {{too_high, 2, 0, pages}}, 1},
        {"token -1", {{negative, 1, 0, pages}}, 1},
        {"at most 40", {{tokens, 41, 0, pages}}, 1},
        {"at most 40", {{tokens, 30, 0, pages}, {tokens, 11, 0, other}}, 2},
        {"pass the context of 256", {{tokens, 1, 256, pages}}, 1},
        {"pass the context of 256", {{tokens, 3, 254, pages}}, 1},
        {"pass the context of 256", {{tokens, 1, UINT32_MAX, pages}}, 1},
        {"pass the context of 256", {{tokens, UINT32_MAX, 1, pages}}, 1},
        {"page 4 is not", {{tokens, 1, 0, no_page}}, 1},
        {"page 1 is written", {{tokens, 40, 0, twice}}, 1},
        {"page 1 is written", {{tokens, 1, 33, twice}}, 1},
        {"page 0 is written", {{tokens, 1, 0, pages}, {tokens, 1, 0, pages}}, 2},
        {"page 2 is written", {{tokens, 1, 70, pages}, {tokens, 1, 40, other}}, 2},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct error err = ERROR_INIT;
        struct step step = {wrong[i].sequences, wrong[i].n, NULL};
        assert_false(decoder_forward(decoder, kv, &step, logits, &err));
        assert_error(&err, ERROR_ARGUMENT, wrong[i].message);
    }
    struct step_sequence sequence = {tokens, 3, 0, pages};
    struct step step = {&sequence, 1, NULL};
    struct error err = ERROR_INIT;
    assert_false(decoder_forward(decoder, kv, &step, NULL, &err));
    assert_error(&err, ERROR_ARGUMENT, "no room");
    error_clear(&err);
    assert_false(decoder_forward(decoder, NULL, &step, logits, &err));
    assert_error(&err, ERROR_ARGUMENT, "another decoder");
    /* After all that the decoder still works. */
    assert_true(decoder_forward(decoder, kv, &step, logits, NULL));
}

static void a_wrong_step_is_refused_and_the_next_one_runs(void **state) {
    (void)state;
    on_each_backend(check_steps);
}

static void a_wrong_description_names_the_tensor(void **state) {
    (void)state;
    struct tiny_decoder *tiny = tiny_create(&small);
    struct backend *backend = backend_open("reference", NULL, NULL);
    const struct decoder_spec *good = tiny_spec(tiny);
    struct decoder_layer layer = good->layers[0];
    struct decoder_spec bad = *good;
    bad.layers = &layer;
    struct error err = ERROR_INIT;
    layer.wk.rows = 5;
    assert_null(decoder_create(backend, &bad, NULL, &err));
    assert_error(&err, ERROR_ARGUMENT, "wk is 5 x 8");
    layer = good->layers[0];
    layer.w_down.data = NULL;
    error_clear(&err);
    assert_null(decoder_create(backend, &bad, NULL, &err));
    assert_error(&err, ERROR_ARGUMENT, "w_down is missing");
    layer = good->layers[0];
    bad.config.n_kv_heads = 3;
    error_clear(&err);
    assert_null(decoder_create(backend, &bad, NULL, &err));
    assert_error(&err, ERROR_ARGUMENT, "cannot share");
    bad = *good;
    bad.config.rope.n_dims = 6;
    error_clear(&err);
    assert_null(decoder_create(backend, &bad, NULL, &err));
    assert_error(&err, ERROR_ARGUMENT, "pairs");
    backend_close(backend);
    tiny_free(tiny);
}

struct watch {
    float last;
    int calls, stop_after;
};

static bool watch_load(void *user, float fraction) {
    struct watch *watch = user;
    assert_true(fraction >= watch->last && fraction <= 1);
    watch->last = fraction;
    return ++watch->calls != watch->stop_after;
}

static void a_load_is_reported_and_can_be_stopped(void **state) {
    (void)state;
    struct tiny_decoder *tiny = tiny_create(&small);
    for (const char *const *name = backend_names(); *name != NULL; name++) {
        struct backend *backend = backend_open(*name, NULL, NULL);
        struct watch watch = {0};
        struct load_progress progress = {watch_load, &watch};
        struct decoder *decoder = decoder_create(backend, tiny_spec(tiny), &progress, NULL);
        assert_non_null(decoder);
        assert_true(watch.last == 1);
        assert_true(decoder_extra_bytes(decoder) > 0);
        decoder_free(decoder);
        watch = (struct watch){.stop_after = 1};
        struct error err = ERROR_INIT;
        assert_null(decoder_create(backend, tiny_spec(tiny), &progress, &err));
        assert_int_equal(err.code, ERROR_CANCELLED);
        backend_close(backend);
    }
    tiny_free(tiny);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_opens_and_auto_is_the_best),
        cmocka_unit_test(what_cannot_be_opened_says_why),
        cmocka_unit_test(a_cache_larger_than_the_machine_is_refused),
        cmocka_unit_test(a_wrong_step_is_refused_and_the_next_one_runs),
        cmocka_unit_test(a_wrong_description_names_the_tensor),
        cmocka_unit_test(a_load_is_reported_and_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
