/* Vocabularies that lie: a clear error, or a defined meaning; never a crash. */
#include "tests/unit/tokenizer/check.h"
#include "tests/unit/tokenizer/tiny_vocabulary.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct tiny_vocabulary v;

static void assert_refused(enum error_code code, const char *words) {
    struct error err = ERROR_INIT;
    assert_null(tokenizer_create(&v.source, &err));
    assert_int_equal(err.code, code);
    if (!strstr(err.message, words)) fail_msg("\"%s\" is not in \"%s\"", words, err.message);
}

static void an_empty_vocabulary_is_refused(void **state) {
    (void)state;
    tiny_bpe(&v, "gpt-2");
    v.source.n_tokens = 0;
    assert_refused(ERROR_FORMAT, "empty");
    tiny_bpe(&v, "gpt-2");
    v.source.tokens = NULL;
    assert_refused(ERROR_FORMAT, "empty");
}

static void absurd_sizes_are_refused_before_anything_is_read(void **state) {
    (void)state;
    tiny_bpe(&v, "gpt-2");
    v.source.n_tokens = UINT32_MAX;
    assert_refused(ERROR_FORMAT, "too large");

    tiny_bpe(&v, "gpt-2");
    v.tokens[300 - 256].length = SIZE_MAX;
    assert_refused(ERROR_FORMAT, "token 44");
    v.tokens[44] = (struct text_view){NULL, 3};
    assert_refused(ERROR_FORMAT, "token 44");
}

static void ids_out_of_range_are_refused(void **state) {
    (void)state;
    const size_t fields[] = {offsetof(struct tokenizer_source, bos),
                             offsetof(struct tokenizer_source, eos),
                             offsetof(struct tokenizer_source, eot),
                             offsetof(struct tokenizer_source, unknown),
                             offsetof(struct tokenizer_source, fim_prefix),
                             offsetof(struct tokenizer_source, fim_suffix),
                             offsetof(struct tokenizer_source, fim_middle)};
    const int32_t wrong[] = {TINY_BPE_SIZE, INT32_MAX, -2, INT32_MIN};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        for (size_t j = 0; j < sizeof wrong / sizeof wrong[0]; j++) {
            tiny_bpe(&v, "gpt-2");
            memcpy((char *)&v.source + fields[i], &wrong[j], sizeof wrong[j]);
            assert_refused(ERROR_FORMAT, "token is");
        }
    }
}

static void unknown_kinds_are_refused_and_undefined_ones_are_ordinary(void **state) {
    (void)state;
    tiny_bpe(&v, "gpt-2");
    v.kinds[5] = 7;
    assert_refused(ERROR_FORMAT, "token 5");
    v.kinds[5] = -1;
    assert_refused(ERROR_FORMAT, "token 5");
    v.kinds[5] = 0;
    struct tokenizer *t = create_or_fail(&v.source);
    assert_int_equal(tokenizer_kind(t, 5), TOKEN_NORMAL);
    tokenizer_free(t);
}

static void an_unknown_pre_tokenizer_is_named(void **state) {
    (void)state;
    tiny_bpe(&v, "no-such-thing");
    assert_refused(ERROR_UNSUPPORTED, "no-such-thing");
    tiny_bpe(&v, "");
    assert_refused(ERROR_UNSUPPORTED, "pre-tokenizer");
}

static void no_pre_tokenizer_means_gpt_2(void **state) {
    (void)state;
    tiny_bpe(&v, NULL);
    tokenizer_free(create_or_fail(&v.source));
}

static void merges_that_are_not_two_tokens_are_refused(void **state) {
    (void)state;
    const char *const wrong[] = {"", "x", "xy", "x ", " x", "nothing"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        tiny_bpe(&v, "gpt-2");
        tiny_add_merge(&v, wrong[i]);
        assert_refused(ERROR_FORMAT, "merge 6");
    }
    tiny_bpe(&v, "gpt-2");
    v.merges[2] = (struct text_view){NULL, 5};
    assert_refused(ERROR_FORMAT, "merge 2");
    tiny_bpe(&v, "gpt-2");
    v.source.merges = NULL;
    assert_refused(ERROR_FORMAT, "merges are missing");
}

static void scores_that_are_missing_or_no_numbers_are_refused(void **state) {
    (void)state;
    tiny_sentencepiece(&v);
    v.source.scores = NULL;
    assert_refused(ERROR_FORMAT, "no scores");
    tiny_sentencepiece(&v);
    v.scores[77] = NAN;
    assert_refused(ERROR_FORMAT, "token 77");
    tiny_sentencepiece(&v);
    v.scores[77] = INFINITY;
    v.scores[78] = -INFINITY;
    tokenizer_free(create_or_fail(&v.source));
}

static void an_unknown_model_is_refused(void **state) {
    (void)state;
    tiny_bpe(&v, "gpt-2");
    v.source.model = (enum tokenizer_model)9;
    assert_refused(ERROR_UNSUPPORTED, "model 9");
}

static void nobody_has_to_listen_to_the_error(void **state) {
    (void)state;
    tiny_bpe(&v, "no-such-thing");
    assert_null(tokenizer_create(&v.source, NULL));
    tokenizer_free(NULL);
}

static void tokens_may_be_empty_or_ill_formed(void **state) {
    (void)state;
    tiny_bpe(&v, "gpt-2");
    tiny_add_token(&v, "", 0, TOKEN_NORMAL, 0);
    tiny_add_token(&v, "", 0, TOKEN_CONTROL, 0);
    tiny_add_token(&v, "", 0, TOKEN_USER_DEFINED, 0);
    tiny_add_token(&v, "\xFF\xC3", 2, TOKEN_NORMAL, 0);
    tiny_add_token(&v, "a\xC3", 2, TOKEN_USER_DEFINED, 0);
    v.tokens[TINY_BPE_SIZE] = (struct text_view){NULL, 0};
    struct tokenizer *t = create_or_fail(&v.source);
    assert_int_equal(tokenizer_bytes(t, TINY_BPE_SIZE).length, 0);
    /* What is not GPT-2's spelling stands for itself. */
    assert_int_equal(tokenizer_bytes(t, TINY_BPE_SIZE + 3).length, 2);
    assert_memory_equal(tokenizer_bytes(t, TINY_BPE_SIZE + 3).bytes, "\xFF\xC3", 2);
    tokenizer_free(t);

    tiny_sentencepiece(&v);
    tiny_add_token(&v, "", 0, TOKEN_NORMAL, 0);
    tiny_add_token(&v, "\x80\x80\xC3", 3, TOKEN_NORMAL, 1);
    tiny_add_token(&v, "\xE2\x96", 2, TOKEN_NORMAL, 2);
    tiny_add_token(&v, "<0xZZ>", 6, TOKEN_BYTE, 3);
    tiny_add_token(&v, "<0x", 3, TOKEN_BYTE, 3);
    t = create_or_fail(&v.source);
    assert_round_trip(t, "a\x80\x80\xC3 \xE2\x96 b", 10, TOKENIZE_NO_SPACE_PREFIX, 0);
    tokenizer_free(t);
}

static void of_two_tokens_spelled_alike_the_first_counts(void **state) {
    (void)state;
    tiny_sentencepiece(&v);
    tiny_add_token(&v, "abc", 3, TOKEN_NORMAL, 5);
    struct tokenizer *t = create_or_fail(&v.source);
    assert_int_equal(tokenizer_find(t, "abc", 3), TINY_SP_ABC);
    ASSERT_IDS(t, "abc", TOKENIZE_NO_SPACE_PREFIX, TINY_SP_ABC);
    tokenizer_free(t);

    tiny_bpe(&v, "gpt-2");
    tiny_add_token(&v, "the", 3, TOKEN_NORMAL, 0);
    tiny_add_token(&v, "<tag>", 5, TOKEN_USER_DEFINED, 0);
    t = create_or_fail(&v.source);
    assert_int_equal(tokenizer_find(t, "the", 3), TINY_THE);
#ifdef AERIE_HAVE_PCRE2
    ASSERT_IDS(t, "the<tag>", 0, TINY_THE, TINY_TAG);
#endif
    tokenizer_free(t);
}

#ifdef AERIE_HAVE_PCRE2
static void merges_of_unknown_tokens_are_left_out(void **state) {
    (void)state;
    tiny_bpe(&v, "gpt-2");
    tiny_add_merge(&v, "no such");
    tiny_add_merge(&v, "th such");
    tiny_add_merge(&v, "q q");            /* both known, "qq" is not */
    tiny_add_merge(&v, "<|endoftext |>"); /* would make a control token */
    tiny_add_merge(&v, "t h");            /* a second time */
    struct tokenizer *t = create_or_fail(&v.source);
    ASSERT_IDS(t, "theqq", 0, TINY_THE, 'q', 'q');
    tokenizer_free(t);
}

static void merges_cannot_make_a_control_token(void **state) {
    (void)state;
    tiny_bpe(&v, "gpt-2");
    tiny_add_token(&v, "s>", 2, TOKEN_NORMAL, 0);
    tiny_add_merge(&v, "s >");
    tiny_add_merge(&v, "</ s>");
    struct tokenizer *t = create_or_fail(&v.source);
    ASSERT_IDS(t, "s>", 0, 's', '>'); /* the pattern parts them */
    ASSERT_IDS(t, "</s>", TOKENIZE_PLAIN, TINY_LESS_SLASH, 's', '>');
    tokenizer_free(t);
}
#endif

/* The merges of a token are found in one pass over it, however long it is. */
static void a_token_of_a_million_characters_is_no_trouble(void **state) {
    (void)state;
    enum { N = 1 << 20 };
    char *token = malloc(N);
    assert_non_null(token);
    memset(token, 'a', N);
    tiny_sentencepiece(&v);
    tiny_add_token(&v, "aa", 2, TOKEN_NORMAL, 1);
    tiny_add_token(&v, "x", 1, TOKEN_NORMAL, 1);
    v.tokens[v.source.n_tokens - 1] = (struct text_view){token, N};
    struct tokenizer *t = create_or_fail(&v.source);
    assert_round_trip(t, token, N, TOKENIZE_NO_SPACE_PREFIX, 0);
    tokenizer_free(t);

    tiny_bpe(&v, "gpt-2");
    tiny_add_token(&v, "x", 1, TOKEN_USER_DEFINED, 0);
    v.tokens[v.source.n_tokens - 1] = (struct text_view){token, N};
    t = create_or_fail(&v.source);
#ifdef AERIE_HAVE_PCRE2
    assert_ids(t, token, N, 0, (const int32_t[]){TINY_BPE_SIZE}, 1);
#endif
    tokenizer_free(t);
    free(token);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_vocabulary_is_refused),
        cmocka_unit_test(absurd_sizes_are_refused_before_anything_is_read),
        cmocka_unit_test(ids_out_of_range_are_refused),
        cmocka_unit_test(unknown_kinds_are_refused_and_undefined_ones_are_ordinary),
        cmocka_unit_test(an_unknown_pre_tokenizer_is_named),
        cmocka_unit_test(no_pre_tokenizer_means_gpt_2),
        cmocka_unit_test(merges_that_are_not_two_tokens_are_refused),
        cmocka_unit_test(scores_that_are_missing_or_no_numbers_are_refused),
        cmocka_unit_test(an_unknown_model_is_refused),
        cmocka_unit_test(nobody_has_to_listen_to_the_error),
        cmocka_unit_test(tokens_may_be_empty_or_ill_formed),
        cmocka_unit_test(of_two_tokens_spelled_alike_the_first_counts),
#ifdef AERIE_HAVE_PCRE2
        cmocka_unit_test(merges_of_unknown_tokens_are_left_out),
        cmocka_unit_test(merges_cannot_make_a_control_token),
#endif
        cmocka_unit_test(a_token_of_a_million_characters_is_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
