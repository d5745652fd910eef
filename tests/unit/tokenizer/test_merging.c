/* The merging core against the plainest way to do the same, over random vocabularies. */
#include "engine/tokenizer/merges.h"
#include "tests/unit/tokenizer/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_MERGES = 60, MAX_WORD = 300 };

struct merge {
    int32_t left, right, product;
    uint32_t rank;
};

/* Looks through the whole word for the best pair, again and again. */
static size_t merge_plainly(const struct merge *merges, size_t n_merges, int32_t *word, size_t n) {
    for (;;) {
        const struct merge *best = NULL;
        size_t where = 0;
        for (size_t at = 0; at + 1 < n; at++)
            for (size_t i = 0; i < n_merges; i++)
                if (merges[i].left == word[at] && merges[i].right == word[at + 1] &&
                    (!best || merges[i].rank < best->rank)) {
                    best = &merges[i];
                    where = at;
                }
        if (!best) return n;
        word[where] = best->product;
        memmove(word + where + 1, word + where + 2, (n - where - 2) * sizeof *word);
        n--;
    }
}

/* n_ranks < n_merges lets several pairs share a rank, as tokens of equal score do. */
static void compare_random_words(uint64_t seed, bool unique_ranks) {
    struct numbers numbers = {seed};
    struct merge merges[MAX_MERGES];
    size_t n_merges = 0, n_symbols = 3;
    struct merge_table table = {0};
    struct error err = ERROR_INIT;
    while (n_merges < MAX_MERGES) {
        struct merge merge = {.left = (int32_t)next_number(&numbers, (uint32_t)n_symbols),
                              .right = (int32_t)next_number(&numbers, (uint32_t)n_symbols),
                              .product = (int32_t)n_symbols,
                              .rank = unique_ranks ? (uint32_t)n_merges : next_number(&numbers, 8)};
        bool known = false;
        for (size_t i = 0; i < n_merges; i++)
            known |= merges[i].left == merge.left && merges[i].right == merge.right;
        if (known) continue;
        assert_true(
            merge_table_add(&table, merge.left, merge.right, merge.rank, merge.product, &err));
        merges[n_merges++] = merge;
        n_symbols++;
    }

    struct merge_scratch scratch = {0};
    for (int round = 0; round < 60; round++) {
        int32_t word[MAX_WORD], copy[MAX_WORD];
        size_t n = 1 + next_number(&numbers, round < 40 ? 40 : MAX_WORD), merged = n;
        for (size_t i = 0; i < n; i++)
            copy[i] = word[i] = (int32_t)next_number(&numbers, 3);
        assert_true(merge_symbols(&table, &scratch, word, &merged, &err));
        assert_int_equal(merged, merge_plainly(merges, n_merges, copy, n));
        assert_memory_equal(word, copy, merged * sizeof *word);
    }
    merge_scratch_free(&scratch);
    merge_table_free(&table);
}

static void words_merge_as_the_plain_way_says(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++)
        compare_random_words(seed, true);
}

static void equal_ranks_merge_from_the_left(void **state) {
    (void)state;
    for (uint64_t seed = 101; seed <= 110; seed++)
        compare_random_words(seed, false);
}

static void a_pair_keeps_its_first_rank(void **state) {
    (void)state;
    struct merge_table table = {0};
    struct merge_scratch scratch = {0};
    struct error err = ERROR_INIT;
    assert_true(merge_table_add(&table, 1, 2, 0, 10, &err));
    assert_true(merge_table_add(&table, 1, 2, 5, 11, &err));
    int32_t word[] = {1, 2};
    size_t n = 2;
    assert_true(merge_symbols(&table, &scratch, word, &n, &err));
    assert_int_equal(n, 1);
    assert_int_equal(word[0], 10);
    merge_scratch_free(&scratch);
    merge_table_free(&table);
}

static void symbols_below_zero_stay_apart(void **state) {
    (void)state;
    struct merge_table table = {0};
    struct merge_scratch scratch = {0};
    struct error err = ERROR_INIT;
    assert_true(merge_table_add(&table, 1, 1, 0, 2, &err));
    int32_t word[] = {1, -1, 1, 1, -1};
    size_t n = 5;
    assert_true(merge_symbols(&table, &scratch, word, &n, &err));
    const int32_t expected[] = {1, -1, 2, -1};
    assert_int_equal(n, 4);
    assert_memory_equal(word, expected, sizeof expected);
    merge_scratch_free(&scratch);
    merge_table_free(&table);
}

/* A million symbols in one word: hours in the quadratic way, so this ends only if it is not. */
static void one_very_long_word_is_no_trouble(void **state) {
    (void)state;
    enum { N = 1 << 20 };
    struct merge_table table = {0};
    struct merge_scratch scratch = {0};
    struct error err = ERROR_INIT;
    for (int32_t i = 0; i < 10; i++)
        assert_true(merge_table_add(&table, i, i, (uint32_t)i, i + 1, &err));
    int32_t *word = calloc(N, sizeof *word);
    assert_non_null(word);
    size_t n = N;
    assert_true(merge_symbols(&table, &scratch, word, &n, &err));
    assert_int_equal(n, N / 1024);
    bool all = true;
    for (size_t i = 0; i < n; i++)
        all = all && word[i] == 10;
    assert_true(all);
    free(word);
    merge_scratch_free(&scratch);
    merge_table_free(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_merge_as_the_plain_way_says),
        cmocka_unit_test(equal_ranks_merge_from_the_left),
        cmocka_unit_test(a_pair_keeps_its_first_rank),
        cmocka_unit_test(symbols_below_zero_stay_apart),
        cmocka_unit_test(one_very_long_word_is_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
