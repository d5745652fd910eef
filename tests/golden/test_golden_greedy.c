/* Twenty prompts continued greedily by the cpu backend, token for token as PyTorch continues them.
 */
#include "tests/golden/default_model.h"
#include "tests/golden/runner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct model *model;
static struct golden_text golden;

/* Where the continuation first differs from PyTorch's; n_greedy if it never does. */
static uint32_t first_difference(struct runner *runner, const struct golden_prompt *prompt,
                                 float *logits) {
    runner->position = 0;
    runner_last(runner, prompt->tokens, prompt->n_tokens, logits);
    for (uint32_t i = 0; i < golden.n_greedy; i++) {
        int32_t id = most_likely(logits, golden.n_vocab);
        if (id != prompt->continuation[i]) return i;
        if (i + 1 < golden.n_greedy) runner_last(runner, &id, 1, logits);
    }
    return golden.n_greedy;
}

static void nearly_every_prompt_is_continued_like_pytorch(void **state) {
    (void)state;
    uint32_t longest = 0, same = 0;
    for (uint32_t p = 0; p < golden.n_prompts; p++)
        if (golden.prompts[p].n_tokens > longest) longest = golden.prompts[p].n_tokens;
    float *logits = malloc(golden.n_vocab * sizeof *logits);
    assert_non_null(logits);
    struct runner runner;
    runner_open(&runner, "cpu", model_decoder(model), longest + golden.n_greedy);
    for (uint32_t p = 0; p < golden.n_prompts; p++) {
        const struct golden_prompt *prompt = &golden.prompts[p];
        uint32_t at = first_difference(&runner, prompt, logits);
        if (at == golden.n_greedy)
            same++;
        else
            printf("prompt %u differs at token %u, where the best two logits of PyTorch are %.5f "
                   "apart\n",
                   p, at, (double)prompt->margins[at]);
    }
    printf("cpu: same %u tokens on %u of %u prompts\n", golden.n_greedy, same, golden.n_prompts);
    runner_close(&runner);
    free(logits);
    assert_true(20 * same >= 19 * golden.n_prompts);
}

int main(void) {
    if (!runner_has("cpu")) {
        fprintf(stderr, "skipped: this machine or build has no cpu backend\n");
        return 77;
    }
    model = open_default_model();
    golden_text_read(&golden);
    assert_int_equal(golden.n_vocab, model_decoder(model)->config.n_vocab);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearly_every_prompt_is_continued_like_pytorch),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    golden_text_free(&golden);
    model_close(model);
    return failed;
}
