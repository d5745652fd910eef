/* Byte-level BPE over a vocabulary made by hand. */
#include "tests/unit/tokenizer/check.h"
#include "tests/unit/tokenizer/tiny_vocabulary.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct tiny_vocabulary tiny;

static int make(void **state) {
    tiny_bpe(&tiny, "gpt-2");
    *state = create_or_fail(&tiny.source);
    return 0;
}

static int release(void **state) {
    tokenizer_free(*state);
    return 0;
}

/* ---- tokens to text, which needs no regular expressions ---------------------------------------
 */

static void tokens_stand_for_bytes(void **state) {
    const struct tokenizer *t = *state;
    const struct {
        int32_t id;
        const char *bytes;
    } cases[] = {
        {'a', "a"},
        {' ', " "},
        {'\n', "\n"},
        {0xAD, "\xAD"},
        {0xFF, "\xFF"},
        {TINY_BLANK_THE, " the"},
        {TINY_NN, "\n\n"},
        {TINY_E_ACUTE, "\xC3\xA9"},
        {TINY_TAG, "<tag>"},
        /* Control tokens are no text, nor is what lies outside the vocabulary. */
        {TINY_END_OF_TEXT, ""},
        {TINY_FIM_PREFIX, ""},
        {TINY_BPE_SIZE, ""},
        {-1, ""},
        {INT32_MAX, ""},
        {INT32_MIN, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text_view bytes = tokenizer_bytes(t, cases[i].id);
        assert_int_equal(bytes.length, strlen(cases[i].bytes));
        assert_memory_equal(bytes.bytes, cases[i].bytes, bytes.length);
    }
    assert_int_equal(tokenizer_bytes(t, 0).length, 1);
    assert_int_equal(tokenizer_bytes(t, 0).bytes[0], 0);
}

static void spellings_are_the_files_own(void **state) {
    const struct tokenizer *t = *state;
    struct text_view the = tokenizer_spelling(t, TINY_BLANK_THE);
    assert_int_equal(the.length, strlen("\u0120the"));
    assert_memory_equal(the.bytes, "\u0120the", the.length);
    assert_int_equal(tokenizer_spelling(t, -1).length, 0);
    assert_int_equal(tokenizer_find(t, "\u0120the", strlen("\u0120the")), TINY_BLANK_THE);
    assert_int_equal(tokenizer_find(t, "<|endoftext|>", 13), TINY_END_OF_TEXT);
    assert_int_equal(tokenizer_find(t, "nowhere", 7), -1);
    assert_int_equal(tokenizer_find(t, "", 0), -1);
}

static void ends_and_marks_are_known(void **state) {
    const struct tokenizer *t = *state;
    assert_int_equal(tokenizer_size(t), TINY_BPE_SIZE);
    assert_int_equal(tokenizer_bos(t), TINY_END_OF_TEXT);
    assert_int_equal(tokenizer_eos(t), TINY_END_OF_TEXT);
    assert_false(tokenizer_adds_bos(t));
    assert_false(tokenizer_adds_space_prefix(t));
    assert_true(tokenizer_is_end(t, TINY_END_OF_TEXT));
    assert_true(tokenizer_is_end(t, TINY_CLOSE_S));
    assert_false(tokenizer_is_end(t, TINY_THE));
    assert_false(tokenizer_is_end(t, TINY_FIM_MIDDLE));
    assert_false(tokenizer_is_end(t, -1));
    assert_int_equal(tokenizer_fim_prefix(t), TINY_FIM_PREFIX);
    assert_int_equal(tokenizer_fim_suffix(t), TINY_FIM_SUFFIX);
    assert_int_equal(tokenizer_fim_middle(t), TINY_FIM_MIDDLE);
    /* Whatever the file says. */
    assert_int_equal(tokenizer_kind(t, TINY_FIM_PREFIX), TOKEN_CONTROL);
    assert_int_equal(tokenizer_kind(t, TINY_TAG), TOKEN_USER_DEFINED);
    assert_int_equal(tokenizer_kind(t, TINY_THE), TOKEN_NORMAL);
    assert_int_equal(tokenizer_kind(t, -1), TOKEN_UNUSED);
}

static void the_files_own_marks_come_first(void **state) {
    (void)state;
    struct tiny_vocabulary other;
    tiny_bpe(&other, "gpt-2");
    other.source.fim_prefix = 'p';
    other.source.eot = 'e';
    struct tokenizer *t = create_or_fail(&other.source);
    assert_int_equal(tokenizer_fim_prefix(t), 'p');
    assert_int_equal(tokenizer_fim_suffix(t), TINY_FIM_SUFFIX);
    assert_true(tokenizer_is_end(t, 'e'));
    tokenizer_free(t);
}

/* In HTML "</s>" ends a passage that is struck out: only a file that calls it special makes it so.
 */
static void an_ordinary_token_that_looks_special_stays_ordinary(void **state) {
    (void)state;
    struct tiny_vocabulary other;
    tiny_bpe(&other, "gpt-2");
    other.kinds[TINY_CLOSE_S] = TOKEN_NORMAL;
    struct tokenizer *t = create_or_fail(&other.source);
    assert_false(tokenizer_is_end(t, TINY_CLOSE_S));
    assert_int_equal(tokenizer_kind(t, TINY_CLOSE_S), TOKEN_NORMAL);
    tokenizer_free(t);
}

#ifdef AERIE_HAVE_PCRE2

/* ---- text to tokens ---------------------------------------------------------------------------
 */

static void words_merge_by_rank(void **state) {
    const struct tokenizer *t = *state;
    ASSERT_IDS(t, "the", 0, TINY_THE);
    ASSERT_IDS(t, "the the", 0, TINY_THE, TINY_BLANK_THE);
    ASSERT_IDS(t, "th", 0, TINY_TH);
    ASSERT_IDS(t, "xthex", 0, 'x', TINY_THE, 'x');
    ASSERT_IDS(t, "he", 0, 'h', 'e');
    ASSERT_IDS(t, "\n\n\n", 0, TINY_NN, '\n');
    ASSERT_IDS(t, "caf\u00E9", 0, 'c', 'a', 'f', TINY_E_ACUTE);
    /* The last blank of a run belongs to the word. */
    ASSERT_IDS(t, "   the", 0, ' ', ' ', TINY_BLANK_THE);
    ASSERT_IDS(t, "a\0b", 0, 'a', 0, 'b');
    assert_ids(t, "", 0, 0, NULL, 0);
}

static void merges_do_not_cross_words(void **state) {
    const struct tokenizer *t = *state;
    ASSERT_IDS(t, "t he", 0, 't', ' ', 'h', 'e');
    ASSERT_IDS(t, "t1he", 0, 't', '1', 'h', 'e');
}

static void special_tokens_are_text_unless_asked_for(void **state) {
    const struct tokenizer *t = *state;
    ASSERT_IDS(t, "</s>", TOKENIZE_PLAIN, TINY_LESS_SLASH, 's', '>');
    ASSERT_IDS(t, "</s>", TOKENIZE_SPECIAL, TINY_CLOSE_S);
    ASSERT_IDS(t, "a</s>the", TOKENIZE_SPECIAL, 'a', TINY_CLOSE_S, TINY_THE);
    ASSERT_IDS(t, "</s></s>", TOKENIZE_SPECIAL, TINY_CLOSE_S, TINY_CLOSE_S);
    ASSERT_IDS(t, "</s", TOKENIZE_SPECIAL, TINY_LESS_SLASH, 's');
    ASSERT_IDS(t, "<fim_prefix>", TOKENIZE_SPECIAL, TINY_FIM_PREFIX);
    ASSERT_IDS(t, "<fim", TOKENIZE_PLAIN, '<', 'f', 'i', 'm');
    ASSERT_IDS(t, "<fim_prefix>", TOKENIZE_PLAIN, '<', 'f', 'i', 'm', '_', 'p', 'r', 'e', 'f', 'i',
               'x', '>');
}

static void user_defined_tokens_are_always_found_the_longest_first(void **state) {
    const struct tokenizer *t = *state;
    ASSERT_IDS(t, "the<tag>the", TOKENIZE_PLAIN, TINY_THE, TINY_TAG, TINY_THE);
    ASSERT_IDS(t, "<tag>>>", TOKENIZE_PLAIN, TINY_TAG_LONG, '>');
    ASSERT_IDS(t, "<<tag>", TOKENIZE_SPECIAL, '<', TINY_TAG);
    ASSERT_IDS(t, "<tag", TOKENIZE_PLAIN, '<', 't', 'a', 'g');
}

static void the_bos_token_comes_first_where_the_model_wants_it(void **state) {
    ASSERT_IDS((struct tokenizer *)*state, "a", TOKENIZE_ADD_BOS, 'a');
    struct tiny_vocabulary other;
    tiny_bpe(&other, "gpt-2");
    other.source.add_bos = true;
    struct tokenizer *t = create_or_fail(&other.source);
    assert_true(tokenizer_adds_bos(t));
    ASSERT_IDS(t, "a", TOKENIZE_ADD_BOS, TINY_END_OF_TEXT, 'a');
    ASSERT_IDS(t, "", TOKENIZE_ADD_BOS, TINY_END_OF_TEXT);
    ASSERT_IDS(t, "a", TOKENIZE_PLAIN, 'a');
    tokenizer_free(t);
}

static void encoding_appends(void **state) {
    struct token_list list = {0};
    struct error err = ERROR_INIT;
    assert_true(tokenizer_encode(*state, "a", 1, 0, &list, &err));
    assert_true(tokenizer_encode(*state, "the", 3, 0, &list, &err));
    assert_int_equal(list.length, 2);
    assert_int_equal(list.ids[0], 'a');
    assert_int_equal(list.ids[1], TINY_THE);
    token_list_free(&list);
    assert_null(list.ids);
}

static void a_whole_word_goes_before_merges_where_the_rules_say_so(void **state) {
    (void)state;
    /* "hex" is a token that no merge makes. */
    const struct {
        const char *pre;
        bool whole;
    } cases[] = {{"gpt-2", false}, {"qwen2", false}, {"llama-bpe", true}, {"llama3", true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tiny_vocabulary other;
        tiny_bpe(&other, cases[i].pre);
        tiny_add_token(&other, "hex", 3, TOKEN_NORMAL, 0);
        struct tokenizer *t = create_or_fail(&other.source);
        if (cases[i].whole)
            ASSERT_IDS(t, "hex", 0, TINY_BPE_SIZE);
        else
            ASSERT_IDS(t, "hex", 0, 'h', 'e', 'x');
        ASSERT_IDS(t, "hexe", 0, 'h', 'e', 'x', 'e');
        tokenizer_free(t);
    }
}

static const char *const PRE_NAMES[] = {
    "gpt-2",        "gpt2",       "mpt",         "mellum",  "starcoder",   "refact",
    "smollm",       "command-r",  "codeshell",   "qwen2",   "llama-bpe",   "deepseek-r1-qwen",
    "llama3",       "llama-v3",   "falcon",      "default", "deepseek-v3", "deepseek-coder",
    "deepseek-llm", "seed-coder", "chatglm-bpe",
};
enum { N_PRE_NAMES = sizeof PRE_NAMES / sizeof PRE_NAMES[0] };

/* Pieces that come near every branch of the patterns; random bytes come between them. */
static const char *const PIECES[] = {
    " ",          "  ",           "\n",       "\r\n",     "\t",           "\u00A0",
    "\u3000",     "\u180E",       "the",      "It's",     "'LL",          "12345",
    "\u0663",     "\u4F60\u597D", "\u306F",   "\uD55C",   "\u00E9",       "e\u0301",
    "\U0001F600", "</s>",         "<tag>",    "!?",       "=>",           "_x",
    "\uFF01",     "\xC3",         "\xE2\x82", "\xF0\x9F", "\xED\xA0\x80", "\xFF",
};
enum { N_PIECES = sizeof PIECES / sizeof PIECES[0] };

static size_t random_text(struct numbers *numbers, char *text, size_t room) {
    size_t length = 0, target = next_number(numbers, (uint32_t)room - 16);
    while (length < target) {
        if (next_number(numbers, 4) == 0) {
            text[length++] = (char)next_number(numbers, 256);
        } else {
            const char *piece = PIECES[next_number(numbers, N_PIECES)];
            memcpy(text + length, piece, strlen(piece));
            length += strlen(piece);
        }
    }
    return length;
}

static void any_bytes_come_back(void **state) {
    (void)state;
    for (int name = 0; name < N_PRE_NAMES; name++) {
        struct tiny_vocabulary other;
        tiny_bpe(&other, PRE_NAMES[name]);
        struct tokenizer *t = create_or_fail(&other.source);
        struct numbers numbers = {(uint64_t)name + 1};
        for (int round = 0; round < 100; round++) {
            char text[400];
            size_t length = random_text(&numbers, text, sizeof text);
            assert_round_trip(t, text, length, TOKENIZE_PLAIN, 0);
        }
        tokenizer_free(t);
    }
}

/* Each of these would take long if some part were quadratic. */
static void long_runs_of_one_kind_are_no_trouble(void **state) {
    (void)state;
    enum { N = 1 << 17 };
    static const char *const UNITS[] = {" ",  "a",    "\n", " \n",          "1",  "!",
                                        " a", "\xFF", "<",  "\xE4\xBD\xA0", "'s", "\t"};
    char *text = malloc(N + 16);
    assert_non_null(text);
    for (int name = 0; name < N_PRE_NAMES; name++) {
        struct tiny_vocabulary other;
        tiny_bpe(&other, PRE_NAMES[name]);
        struct tokenizer *t = create_or_fail(&other.source);
        for (size_t unit = 0; unit < sizeof UNITS / sizeof UNITS[0]; unit++) {
            /* All of them with every name would only take long. */
            if ((unit + (size_t)name) % 4 != 0 && strcmp(UNITS[unit], " ") != 0) continue;
            size_t length = 0;
            while (length < N) {
                memcpy(text + length, UNITS[unit], strlen(UNITS[unit]));
                length += strlen(UNITS[unit]);
            }
            text[length++] = 'x';
            assert_round_trip(t, text, length, TOKENIZE_PLAIN, 0);
        }
        tokenizer_free(t);
    }
    free(text);
}

static void a_byte_without_a_token_is_left_out(void **state) {
    (void)state;
    struct tiny_vocabulary other;
    tiny_bpe(&other, "gpt-2");
    other.tokens['q'] = (struct text_view){"unused-q", 8};
    struct tokenizer *t = create_or_fail(&other.source);
    ASSERT_IDS(t, "aqb", 0, 'a', 'b');
    ASSERT_IDS(t, "thqe", 0, TINY_TH, 'e');
    tokenizer_free(t);
}

struct share {
    const struct tokenizer *tokenizer;
    uint64_t seed;
    bool failed;
};

static void *encode_in_a_thread(void *user) {
    struct share *share = user;
    struct numbers numbers = {share->seed};
    struct token_list list = {0};
    for (int round = 0; round < 200 && !share->failed; round++) {
        char text[300];
        size_t length = random_text(&numbers, text, sizeof text), total = 0;
        list.length = 0;
        share->failed = !tokenizer_encode(share->tokenizer, text, length, 0, &list, NULL);
        for (size_t i = 0; i < list.length; i++)
            total += tokenizer_bytes(share->tokenizer, list.ids[i]).length;
        share->failed = share->failed || total != length;
    }
    token_list_free(&list);
    return NULL;
}

static void several_threads_share_one_tokenizer(void **state) {
    enum { N = 4 };
    pthread_t threads[N];
    struct share shares[N];
    for (int i = 0; i < N; i++) {
        shares[i] = (struct share){.tokenizer = *state, .seed = (uint64_t)i};
        assert_int_equal(pthread_create(&threads[i], NULL, encode_in_a_thread, &shares[i]), 0);
    }
    for (int i = 0; i < N; i++) {
        pthread_join(threads[i], NULL);
        assert_false(shares[i].failed);
    }
}

#else

static void without_pcre2_text_cannot_be_read_and_the_list_stays(void **state) {
    struct token_list list = {0};
    struct error err = ERROR_INIT;
    assert_true(token_list_push(&list, 7, &err));
    assert_false(tokenizer_encode(*state, "a", 1, 0, &list, &err));
    assert_int_equal(err.code, ERROR_UNSUPPORTED);
    assert_int_equal(list.length, 1);
    token_list_free(&list);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_stand_for_bytes),
        cmocka_unit_test(spellings_are_the_files_own),
        cmocka_unit_test(ends_and_marks_are_known),
        cmocka_unit_test(the_files_own_marks_come_first),
        cmocka_unit_test(an_ordinary_token_that_looks_special_stays_ordinary),
#ifdef AERIE_HAVE_PCRE2
        cmocka_unit_test(words_merge_by_rank),
        cmocka_unit_test(merges_do_not_cross_words),
        cmocka_unit_test(special_tokens_are_text_unless_asked_for),
        cmocka_unit_test(user_defined_tokens_are_always_found_the_longest_first),
        cmocka_unit_test(the_bos_token_comes_first_where_the_model_wants_it),
        cmocka_unit_test(encoding_appends),
        cmocka_unit_test(a_whole_word_goes_before_merges_where_the_rules_say_so),
        cmocka_unit_test(any_bytes_come_back),
        cmocka_unit_test(long_runs_of_one_kind_are_no_trouble),
        cmocka_unit_test(a_byte_without_a_token_is_left_out),
        cmocka_unit_test(several_threads_share_one_tokenizer),
#else
        cmocka_unit_test(without_pcre2_text_cannot_be_read_and_the_list_stays),
#endif
    };
    return cmocka_run_group_tests(tests, make, release);
}
