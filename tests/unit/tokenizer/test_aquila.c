/* AquilaCode's vocabulary, read from the files its makers publish, against their own encoder. */
#include "tests/unit/tokenizer/check.h"
#include "tests/unit/tokenizer/vectors.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER AERIE_SHARED_DATA "/aquila"

/* vocab.json ends at 99999; the model's eight special tokens follow. */
static const char *const SPECIALS[] = {"<|startofpiece|>", "<|endofpiece|>", "<|LDWANG|>", "[MASK]",
                                       "[gMASK]",          "[sMASK]",        "[CLS]",      "</s>"};
enum { N_ORDINARY = 100000, N_SPECIALS = 8, N_TOKENS = N_ORDINARY + N_SPECIALS };
enum { END_OF_TEXT = 0, CLS = 100006, CLOSE_S = 100007 };

static struct {
    json_t *json;
    char *merges;
    struct text_view tokens[N_TOKENS];
    int32_t kinds[N_TOKENS];
    struct text_view *merge_lines;
    uint32_t n_merges;
    struct tokenizer *tokenizer;
} aquila;

static void read_tokens(void) {
    json_error_t error;
    aquila.json = json_load_file(FOLDER "/vocab.json", 0, &error);
    if (!aquila.json) fail_msg("vocab.json: %s", error.text);
    const char *key;
    size_t length;
    json_t *id;
    json_object_keylen_foreach(aquila.json, key, length, id) {
        assert_in_range(json_integer_value(id), 0, N_ORDINARY - 1);
        aquila.tokens[json_integer_value(id)] = (struct text_view){key, length};
    }
    for (int i = 0; i < N_SPECIALS; i++)
        aquila.tokens[N_ORDINARY + i] = (struct text_view){SPECIALS[i], strlen(SPECIALS[i])};
    for (int i = 0; i < N_TOKENS; i++)
        aquila.kinds[i] = i == 0 || i >= N_ORDINARY ? TOKEN_CONTROL : TOKEN_NORMAL;
}

static void read_merges(void) {
    size_t length;
    aquila.merges = read_whole_file(FOLDER "/merges.txt", &length);
    assert_non_null(aquila.merges);
    aquila.merge_lines = calloc(N_TOKENS, sizeof *aquila.merge_lines);
    assert_non_null(aquila.merge_lines);
    for (const char *line = aquila.merges; *line;) {
        size_t n = strcspn(line, "\n");
        if (n > 0 && strncmp(line, "#version", 8) != 0) {
            assert_true(aquila.n_merges < N_TOKENS);
            aquila.merge_lines[aquila.n_merges++] = (struct text_view){line, n};
        }
        line += n + (line[n] == '\n');
    }
    assert_int_equal(aquila.n_merges, 99743);
}

static int make(void **state) {
    (void)state;
    read_tokens();
    read_merges();
    aquila.tokenizer = create_or_fail(&(struct tokenizer_source){
        .model = TOKENIZER_BPE,
        .pre = "gpt-2",
        .tokens = aquila.tokens,
        .n_tokens = N_TOKENS,
        .kinds = aquila.kinds,
        .merges = aquila.merge_lines,
        .n_merges = aquila.n_merges,
        .bos = CLS,
        .eos = CLOSE_S,
        .eot = -1,
        .unknown = -1,
        .fim_prefix = -1,
        .fim_suffix = -1,
        .fim_middle = -1,
    });
    return 0;
}

static int release(void **state) {
    (void)state;
    tokenizer_free(aquila.tokenizer);
    free(aquila.merge_lines);
    free(aquila.merges);
    json_decref(aquila.json);
    return 0;
}

static void the_published_vectors_are_met(void **state) {
    (void)state;
    struct vectors vectors;
    const char *inp = AERIE_SHARED_DATA "/vocab/aquila.inp";
    if (!vectors_read(&vectors, inp, AERIE_SHARED_DATA "/vocab/aquila.out"))
        fail_msg("cannot read %s", inp);
    assert_int_equal(vectors.n, 46);
    assert_int_equal(vectors_check(&vectors, aquila.tokenizer, "aquila"), 0);
    for (size_t i = 0; i < vectors.n; i++)
        assert_round_trip(aquila.tokenizer, vectors.items[i].text.bytes,
                          vectors.items[i].text.length, TOKENIZE_PLAIN, 0);
    vectors_free(&vectors);
}

static void a_closing_s_tag_in_plain_text_is_three_tokens(void **state) {
    (void)state;
    ASSERT_IDS(aquila.tokenizer, "</s>", TOKENIZE_PLAIN, 1780, 83, 30);
    ASSERT_IDS(aquila.tokenizer, "</s>", TOKENIZE_SPECIAL, CLOSE_S);
    ASSERT_IDS(aquila.tokenizer, "<filename>", TOKENIZE_PLAIN, 28, 33570, 30);
}

static void it_ends_with_either_of_its_two_ends_and_has_no_infill_marks(void **state) {
    (void)state;
    assert_true(tokenizer_is_end(aquila.tokenizer, CLOSE_S));
    assert_true(tokenizer_is_end(aquila.tokenizer, END_OF_TEXT));
    assert_false(tokenizer_is_end(aquila.tokenizer, 1));
    assert_int_equal(tokenizer_fim_prefix(aquila.tokenizer), -1);
    assert_int_equal(tokenizer_fim_suffix(aquila.tokenizer), -1);
    assert_int_equal(tokenizer_fim_middle(aquila.tokenizer), -1);
}

static void any_bytes_come_back(void **state) {
    (void)state;
    struct numbers numbers = {1};
    for (int round = 0; round < 500; round++) {
        char text[300];
        size_t length = next_number(&numbers, sizeof text);
        for (size_t i = 0; i < length; i++)
            text[i] = (char)next_number(&numbers, 256);
        assert_round_trip(aquila.tokenizer, text, length, TOKENIZE_PLAIN, 0);
    }
}

int main(void) {
    FILE *file = fopen(FOLDER "/vocab.json", "rb");
    if (!file) {
        fprintf(stderr, "skipped: AquilaCode's vocabulary is not here (no " FOLDER "/vocab.json); "
                        "cmake -DAERIE_SHARED_DATA=FOLDER says where it is\n");
        return 77;
    }
    fclose(file);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vectors_are_met),
        cmocka_unit_test(a_closing_s_tag_in_plain_text_is_three_tokens),
        cmocka_unit_test(it_ends_with_either_of_its_two_ends_and_has_no_infill_marks),
        cmocka_unit_test(any_bytes_come_back),
    };
    return cmocka_run_group_tests(tests, make, release);
}
