/* The default model's vocabulary, against ids made with another implementation
 * (tests/golden/make_tokenizer_vectors.py). */
#include "engine/model/model.h"
#include "engine/model/store.h"
#include "tests/unit/tokenizer/check.h"
#include "tests/unit/tokenizer/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER AERIE_SOURCE_DIR "/tests/unit/tokenizer/vectors"

static void the_vectors_are_met(void **state) {
    struct vectors vectors;
    if (!vectors_read(&vectors, FOLDER "/texts.inp", FOLDER "/smollm.out"))
        fail_msg("cannot read " FOLDER "/texts.inp");
    assert_true(vectors.n > 50);
    assert_int_equal(vectors_check(&vectors, *state, "smollm"), 0);
    vectors_free(&vectors);
}

static void chat_marks_are_tokens_only_when_asked_for(void **state) {
    const struct tokenizer *t = *state;
    ASSERT_IDS(t, "<|im_start|><|im_end|>", TOKENIZE_SPECIAL, 1, 2);
    struct token_list list = {0};
    assert_true(tokenizer_encode(t, "<|im_start|>", 12, TOKENIZE_PLAIN, &list, NULL));
    assert_true(list.length > 3);
    for (size_t i = 0; i < list.length; i++)
        assert_int_equal(tokenizer_kind(t, list.ids[i]), TOKEN_NORMAL);
    token_list_free(&list);
}

static void it_knows_its_ends_and_has_no_infill_marks(void **state) {
    const struct tokenizer *t = *state;
    assert_true(tokenizer_is_end(t, tokenizer_find(t, "<|endoftext|>", 13)));
    assert_true(tokenizer_is_end(t, tokenizer_find(t, "<|im_end|>", 10)));
    assert_true(tokenizer_is_end(t, tokenizer_find(t, "<file_sep>", 10)));
    assert_false(tokenizer_is_end(t, tokenizer_find(t, "<|im_start|>", 12)));
    assert_int_equal(tokenizer_fim_prefix(t), -1);
}

/* Opens the model, or says why the tests cannot run. */
static struct tokenizer *open_tokenizer(void) {
    struct error err = ERROR_INIT;
    struct text_view pre = {0};
    char *path = store_resolve(getenv("AERIE_MODEL"), &err);
    struct gguf *gguf = path ? gguf_open(path, &err) : NULL;
    struct tokenizer *tokenizer = gguf ? gguf_create_tokenizer(gguf, &err) : NULL;
    if (!tokenizer) {
        fprintf(stderr, "skipped: %s\n", err.message);
    } else if (!gguf_find_string(gguf, "tokenizer.ggml.pre", &pre) || pre.length != 6 ||
               memcmp(pre.bytes, "smollm", 6) != 0) {
        fprintf(stderr, "skipped: %s has another vocabulary than the default model\n", path);
        tokenizer_free(tokenizer);
        tokenizer = NULL;
    }
    gguf_close(gguf);
    free(path);
    return tokenizer;
}

static struct tokenizer *opened;

static int make(void **state) {
    *state = opened;
    return 0;
}

int main(void) {
    opened = open_tokenizer();
    if (!opened) return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_are_met),
        cmocka_unit_test(chat_marks_are_tokens_only_when_asked_for),
        cmocka_unit_test(it_knows_its_ends_and_has_no_infill_marks),
    };
    int failed = cmocka_run_group_tests(tests, make, NULL);
    tokenizer_free(opened);
    return failed;
}
