/* The SentencePiece-style BPE over a vocabulary made by hand, and against the plainest way. */
#include "tests/unit/tokenizer/check.h"
#include "tests/unit/tokenizer/tiny_vocabulary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct tiny_vocabulary tiny;

static int make(void **state) {
    tiny_sentencepiece(&tiny);
    *state = create_or_fail(&tiny.source);
    return 0;
}

static int release(void **state) {
    tokenizer_free(*state);
    return 0;
}

#define BYTE(value) (TINY_SP_BYTES + (value))

static void a_blank_comes_before_the_text(void **state) {
    const struct tokenizer *t = *state;
    assert_true(tokenizer_adds_space_prefix(t));
    ASSERT_IDS(t, "a", 0, TINY_SP_BLANK_A);
    ASSERT_IDS(t, "b", 0, TINY_SP_BLANK, TINY_SP_B);
    ASSERT_IDS(t, "a", TOKENIZE_NO_SPACE_PREFIX, TINY_SP_A);
    ASSERT_IDS(t, " a", TOKENIZE_NO_SPACE_PREFIX, TINY_SP_BLANK_A);
    ASSERT_IDS(t, " b", 0, TINY_SP_TWO_BLANKS, TINY_SP_B);
    assert_ids(t, "", 0, 0, NULL, 0);
    ASSERT_IDS(t, "", TOKENIZE_ADD_BOS, 1);
    ASSERT_IDS(t, "a", TOKENIZE_ADD_BOS, 1, TINY_SP_BLANK_A);
}

static void the_best_score_merges_first(void **state) {
    const struct tokenizer *t = *state;
    /* "bc" scores better than "ab", and "a" + "bc" is a token. */
    ASSERT_IDS(t, "abc", TOKENIZE_NO_SPACE_PREFIX, TINY_SP_ABC);
    ASSERT_IDS(t, "abab", TOKENIZE_NO_SPACE_PREFIX, TINY_SP_AB, TINY_SP_AB);
    ASSERT_IDS(t, "bbcc", TOKENIZE_NO_SPACE_PREFIX, TINY_SP_B, TINY_SP_BC, TINY_SP_C);
    /* "abc" takes the "a" before the blank can. */
    ASSERT_IDS(t, "abc", 0, TINY_SP_BLANK, TINY_SP_ABC);
}

static void what_no_token_covers_is_spelled_in_bytes(void **state) {
    const struct tokenizer *t = *state;
    ASSERT_IDS(t, "z", TOKENIZE_NO_SPACE_PREFIX, BYTE('z'));
    ASSERT_IDS(t,
               "a\u00E9"
               "b",
               TOKENIZE_NO_SPACE_PREFIX, TINY_SP_A, BYTE(0xC3), BYTE(0xA9), TINY_SP_B);
    ASSERT_IDS(t, "\xFF\xC3", TOKENIZE_NO_SPACE_PREFIX, BYTE(0xFF), BYTE(0xC3));
    ASSERT_IDS(t, "a\0b", TOKENIZE_NO_SPACE_PREFIX, TINY_SP_A, BYTE(0), TINY_SP_B);
    /* A byte token written out is text like any other. */
    ASSERT_IDS(t, "<0x41>", TOKENIZE_NO_SPACE_PREFIX, BYTE('<'), BYTE('0'), BYTE('x'), BYTE('4'),
               BYTE('1'), BYTE('>'));
}

static void without_byte_tokens_the_unknown_token_stands_in(void **state) {
    (void)state;
    struct tiny_vocabulary other;
    tiny_sentencepiece(&other);
    other.tokens[BYTE('z')] = (struct text_view){"<none>", 6};
    struct tokenizer *t = create_or_fail(&other.source);
    ASSERT_IDS(t, "azb", TOKENIZE_NO_SPACE_PREFIX, TINY_SP_A, 0, TINY_SP_B);
    tokenizer_free(t);

    other.source.unknown = -1;
    t = create_or_fail(&other.source);
    ASSERT_IDS(t, "azb", TOKENIZE_NO_SPACE_PREFIX, TINY_SP_A, TINY_SP_B);
    tokenizer_free(t);
}

static void special_tokens_are_text_unless_asked_for(void **state) {
    const struct tokenizer *t = *state;
    ASSERT_IDS(t, "<s>", TOKENIZE_NO_SPACE_PREFIX, BYTE('<'), BYTE('s'), BYTE('>'));
    ASSERT_IDS(t, "<s>", TOKENIZE_SPECIAL, 1);
    /* Text after a special token begins anew, with its blank. */
    ASSERT_IDS(t, "a<s>a", TOKENIZE_SPECIAL, TINY_SP_BLANK_A, 1, TINY_SP_BLANK_A);
    ASSERT_IDS(t, "[user]", 0, TINY_SP_USER);
    ASSERT_IDS(t, "b[user]", TOKENIZE_NO_SPACE_PREFIX, TINY_SP_B, TINY_SP_USER);
}

/* Even where its letters would merge into it step by step. */
static void a_control_token_never_comes_out_of_plain_text(void **state) {
    (void)state;
    struct tiny_vocabulary other;
    tiny_sentencepiece(&other);
    tiny_add_token(&other, "<", 1, TOKEN_NORMAL, -20);
    tiny_add_token(&other, "/", 1, TOKEN_NORMAL, -20);
    tiny_add_token(&other, "s", 1, TOKEN_NORMAL, -20);
    tiny_add_token(&other, ">", 1, TOKEN_NORMAL, -20);
    tiny_add_token(&other, "</", 2, TOKEN_NORMAL, -1);
    tiny_add_token(&other, "s>", 2, TOKEN_NORMAL, -1);
    struct tokenizer *t = create_or_fail(&other.source);
    ASSERT_IDS(t, "</s>", TOKENIZE_NO_SPACE_PREFIX, TINY_SP_SIZE + 4, TINY_SP_SIZE + 5);
    ASSERT_IDS(t, "</s>", TOKENIZE_SPECIAL, 2);
    tokenizer_free(t);

    /* Nor by its bytes, if the file calls a byte a control token. */
    other.kinds[BYTE('z')] = TOKEN_CONTROL;
    t = create_or_fail(&other.source);
    ASSERT_IDS(t, "z", TOKENIZE_NO_SPACE_PREFIX, 0);
    tokenizer_free(t);
}

static void tokens_stand_for_bytes(void **state) {
    const struct tokenizer *t = *state;
    const struct {
        int32_t id;
        const char *bytes;
    } cases[] = {
        {TINY_SP_BLANK_A, " a"},
        {TINY_SP_TWO_BLANKS, "  "},
        {TINY_SP_ABC, "abc"},
        {BYTE(0xC3), "\xC3"},
        {BYTE('\n'), "\n"},
        {TINY_SP_USER, "[user]"},
        {0, ""},
        {1, ""},
        {2, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text_view bytes = tokenizer_bytes(t, cases[i].id);
        assert_int_equal(bytes.length, strlen(cases[i].bytes));
        assert_memory_equal(bytes.bytes, cases[i].bytes, bytes.length);
    }
    assert_int_equal(tokenizer_bytes(t, BYTE(0)).length, 1);
}

static void any_bytes_come_back(void **state) {
    struct numbers numbers = {1};
    for (int round = 0; round < 500; round++) {
        char text[200];
        size_t length = 1 + next_number(&numbers, sizeof text);
        for (size_t i = 0; i < length; i++)
            text[i] = next_number(&numbers, 3) ? " abc"[next_number(&numbers, 4)]
                                               : (char)next_number(&numbers, 256);
        /* U+2581 itself is how blanks are written: that one text does not come back. */
        for (size_t i = 0; i + 2 < length; i++)
            if (memcmp(text + i, "\u2581", 3) == 0) text[i] = 'x';
        assert_round_trip(*state, text, length, 0, 1);
        assert_round_trip(*state, text, length, TOKENIZE_NO_SPACE_PREFIX, 0);
    }
}

/* ---- against the plainest way -----------------------------------------------------------------
 */

enum { N_TOKENS = 60, MAX_PARTS = 300 };

struct part {
    const char *bytes;
    size_t length;
};

/* Joins the two neighbours that together are the best-scored token, until none are. */
static size_t merge_plainly(const struct tiny_vocabulary *v, struct part *parts, size_t n) {
    for (;;) {
        float best = -1e30f;
        size_t where = n;
        for (size_t at = 0; at + 1 < n; at++) {
            size_t length = parts[at].length + parts[at + 1].length;
            for (uint32_t id = 0; id < v->source.n_tokens; id++) {
                if (v->tokens[id].length != length || v->scores[id] <= best) continue;
                if (memcmp(v->tokens[id].bytes, parts[at].bytes, length) != 0) continue;
                best = v->scores[id];
                where = at;
                break;
            }
        }
        if (where == n) return n;
        parts[where].length += parts[where + 1].length;
        memmove(parts + where + 1, parts + where + 2, (n - where - 2) * sizeof *parts);
        n--;
    }
}

static void random_vocabularies_merge_as_the_plain_way_says(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct numbers numbers = {seed};
        struct tiny_vocabulary v;
        tiny_sentencepiece(&v);
        v.source.n_tokens = TINY_SP_BLANK;
        /* "x" is left out: a letter of tokens that is no token itself. */
        for (const char *letter = "abc"; *letter; letter++)
            tiny_add_token(&v, letter, 1, TOKEN_NORMAL, -30);
        while (v.source.n_tokens < TINY_SP_BLANK + N_TOKENS) {
            char token[6];
            size_t length = 2 + next_number(&numbers, 4);
            for (size_t i = 0; i < length; i++)
                token[i] = "aabcx"[next_number(&numbers, 5)];
            bool known = false;
            for (uint32_t id = 0; id < v.source.n_tokens; id++)
                known |=
                    v.tokens[id].length == length && memcmp(v.tokens[id].bytes, token, length) == 0;
            /* A few scores only, so that many are equal. */
            if (!known)
                tiny_add_token(&v, token, length, TOKEN_NORMAL, -(float)next_number(&numbers, 9));
        }
        struct tokenizer *t = create_or_fail(&v.source);
        for (int round = 0; round < 40; round++) {
            char text[MAX_PARTS];
            struct part parts[MAX_PARTS];
            int32_t ids[MAX_PARTS];
            size_t n = 1 + next_number(&numbers, round < 20 ? 30 : MAX_PARTS);
            for (size_t i = 0; i < n; i++) {
                text[i] = "aabcx"[next_number(&numbers, 5)];
                parts[i] = (struct part){text + i, 1};
            }
            size_t n_parts = merge_plainly(&v, parts, n);
            for (size_t i = 0; i < n_parts; i++) {
                ids[i] = tokenizer_find(t, parts[i].bytes, parts[i].length);
                if (ids[i] < 0) ids[i] = BYTE('x');
            }
            assert_ids(t, text, n, TOKENIZE_NO_SPACE_PREFIX, ids, n_parts);
        }
        tokenizer_free(t);
    }
}

static void one_very_long_word_is_no_trouble(void **state) {
    enum { N = 1 << 20 };
    char *text = malloc(N);
    assert_non_null(text);
    for (size_t i = 0; i < N; i++)
        text[i] = "abc"[i % 3];
    assert_round_trip(*state, text, N, TOKENIZE_NO_SPACE_PREFIX, 0);
    memset(text, ' ', N);
    assert_round_trip(*state, text, N, TOKENIZE_NO_SPACE_PREFIX, 0);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blank_comes_before_the_text),
        cmocka_unit_test(the_best_score_merges_first),
        cmocka_unit_test(what_no_token_covers_is_spelled_in_bytes),
        cmocka_unit_test(without_byte_tokens_the_unknown_token_stands_in),
        cmocka_unit_test(special_tokens_are_text_unless_asked_for),
        cmocka_unit_test(a_control_token_never_comes_out_of_plain_text),
        cmocka_unit_test(tokens_stand_for_bytes),
        cmocka_unit_test(any_bytes_come_back),
        cmocka_unit_test(random_vocabularies_merge_as_the_plain_way_says),
        cmocka_unit_test(one_very_long_word_is_no_trouble),
    };
    return cmocka_run_group_tests(tests, make, release);
}
