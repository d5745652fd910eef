/* A token's logits do not depend on how many tokens share its step. Chunks of a prompt are sized by
 * the clock and prefixes reused as they come; only with this are texts the same every time. */
#include "engine/decode/runtime.h"
#include "tests/support/random_gguf.h"
#include "tests/unit/decode/engine_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PROMPT = SLOW_BUILD ? 40 : 70 };

static void compute(struct runtime *runtime, const int32_t *prompt, uint32_t width, float *logits) {
    struct error err = ERROR_INIT;
    for (uint32_t at = 0; at < PROMPT; at += width) {
        uint32_t n = width < PROMPT - at ? width : PROMPT - at;
        if (!runtime_forward(runtime, prompt + at, n, at, at + n == PROMPT ? logits : NULL, &err))
            fail_msg("%s", err.message);
    }
}

static void compare_widths(const char *path, const char *backend, const char *type) {
    static const uint32_t widths[] = {1, 2, 3, 5, 8, 16, 17, 33, 64};
    struct runtime runtime;
    struct error err = ERROR_INIT;
    struct engine_options options = {.model_path = path, .backend = backend};
    if (!runtime_open(&runtime, &options, &err)) fail_msg("%s", err.message);
    int32_t prompt[PROMPT];
    tiny_prompt(4, prompt, PROMPT);
    size_t bytes = sizeof(float) * runtime.n_vocab;
    float *expected = malloc(bytes), *logits = malloc(bytes);
    assert_non_null(expected);
    assert_non_null(logits);
    compute(&runtime, prompt, PROMPT, expected);
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i += SLOW_BUILD ? 2 : 1) {
        compute(&runtime, prompt, widths[i], logits);
        if (memcmp(logits, expected, bytes) != 0)
            fail_msg("backend %s, %s: steps of %u tokens give other logits than one of %d", backend,
                     type, widths[i], PROMPT);
    }
    free(logits);
    free(expected);
    runtime_close(&runtime);
}

static void every_step_width_gives_the_same_bits(void **state) {
    (void)state;
    for (size_t i = 0; i < tensor_type_count; i++) {
        const struct tensor_type_info *type = &tensor_types[i];
        struct random_gguf model = {.type = type->type, .n_layers = 1, .d_ff = 256, .seed = 3};
        char path[4096];
        struct error err = ERROR_INIT;
        snprintf(path, sizeof path, "%s", fixture_path("width.gguf"));
        if (!random_gguf_write(&model, path, &err)) fail_msg("%s", err.message);
        for (const char *const *backend = backend_names(); *backend != NULL; backend++) {
            struct backend *opened = backend_open(*backend, NULL, &err);
            bool can_run = opened != NULL;
            backend_close(opened);
            if (can_run)
                compare_widths(path, *backend, type->name);
            else
                fprintf(stderr, "not tested here: backend %s: %s\n", *backend, err.message);
            error_clear(&err);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_step_width_gives_the_same_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
