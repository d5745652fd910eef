/* Published vectors: the ids every vocabulary's own tokenizer gives for 46 awkward texts. */
#include "engine/model/model.h"
#include "tests/unit/tokenizer/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *path_of(const char *name, const char *ending) {
    char *path;
    assert_true(asprintf(&path, "%s/vocab/ggml-vocab-%s.gguf%s", AERIE_SHARED_DATA, name, ending) >
                0);
    return path;
}

static void check(const char *name) {
    char *gguf_path = path_of(name, ""), *inp = path_of(name, ".inp"), *out = path_of(name, ".out");
    struct error err = ERROR_INIT;
    struct gguf *gguf = gguf_open(gguf_path, &err);
    struct tokenizer *tokenizer = gguf ? gguf_create_tokenizer(gguf, &err) : NULL;
    if (!tokenizer) fail_msg("%s: %s", name, err.message);
    gguf_close(gguf);

    struct vectors vectors;
    if (!vectors_read(&vectors, inp, out)) fail_msg("cannot read %s", inp);
    assert_int_equal(vectors.n, 46);
    assert_int_equal(vectors_check(&vectors, tokenizer, name), 0);
    vectors_free(&vectors);
    tokenizer_free(tokenizer);
    free(gguf_path);
    free(inp);
    free(out);
}

#define VECTORS_OF(function, name)                                                                 \
    static void function(void **state) {                                                           \
        (void)state;                                                                               \
        check(name);                                                                               \
    }
VECTORS_OF(deepseek_coder, "deepseek-coder")
VECTORS_OF(deepseek_llm, "deepseek-llm")
VECTORS_OF(falcon, "falcon")
VECTORS_OF(gpt_2, "gpt-2")
VECTORS_OF(llama_spm, "llama-spm")
VECTORS_OF(mpt, "mpt")
VECTORS_OF(phi_3, "phi-3")
VECTORS_OF(refact, "refact")
VECTORS_OF(starcoder, "starcoder")

int main(void) {
    char *path = path_of("gpt-2", "");
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr,
                "skipped: the published vocabularies are not here (no %s); "
                "cmake -DAERIE_SHARED_DATA=FOLDER says where they are\n",
                path);
        free(path);
        return 77;
    }
    fclose(file);
    free(path);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deepseek_coder), cmocka_unit_test(deepseek_llm),
        cmocka_unit_test(falcon),         cmocka_unit_test(gpt_2),
        cmocka_unit_test(llama_spm),      cmocka_unit_test(mpt),
        cmocka_unit_test(phi_3),          cmocka_unit_test(refact),
        cmocka_unit_test(starcoder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
