/* What a model is shown. The vocabulary here is one token a byte, so that a prompt can be read
 * back: its control tokens are shown as <pre>, <suf>, <mid> and <bos>. */
#include "fixture.h"
#include "lsp/context/languages.h"
#include "lsp/context/prompt.h"
#include "lsp/context/template.h"
#include "lsp/context/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- vocabularies ---------------------------------------------------------------------------- */

enum { N_BYTES = 256, BOS = 256, PRE, SUF, MID, MARKER, N_TOKENS };

/* GPT-2's spelling: printable bytes as they are, the others as characters from U+0100 on. */
static size_t spell_byte(int byte, char *out) {
    int code = byte, next = 0x100;
    for (int b = 0; b <= byte; b++) {
        bool printable = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
        code = printable ? b : next++;
    }
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    out[0] = (char)(0xc0 | code >> 6);
    out[1] = (char)(0x80 | (code & 63));
    return 2;
}

struct vocabulary {
    bool fills_in, adds_bos;
    const char *marker; /* an extra token, NULL for none */
};

static struct tokenizer *make_tokenizer(struct vocabulary vocabulary) {
    static char spellings[N_BYTES][2];
    struct text_view tokens[N_TOKENS];
    int32_t kinds[N_TOKENS];
    for (int i = 0; i < N_BYTES; i++) {
        tokens[i] = (struct text_view){spellings[i], spell_byte(i, spellings[i])};
        kinds[i] = TOKEN_NORMAL;
    }
    const char *marker = vocabulary.marker != NULL ? vocabulary.marker : "<unused>";
    const char *control[] = {"<bos>", "<1>", "<2>", "<3>", marker};
    for (int i = BOS; i < N_TOKENS; i++) {
        tokens[i] = (struct text_view){control[i - BOS], strlen(control[i - BOS])};
        kinds[i] = TOKEN_CONTROL;
    }
    struct error err = ERROR_INIT;
    struct tokenizer *tokenizer = tokenizer_create(
        &(struct tokenizer_source){
            .model = TOKENIZER_BPE,
            .pre = "gpt-2",
            .tokens = tokens,
            .n_tokens = N_TOKENS,
            .kinds = kinds,
            .bos = BOS,
            .eos = BOS,
            .eot = -1,
            .unknown = -1,
            .fim_prefix = vocabulary.fills_in ? PRE : -1,
            .fim_suffix = vocabulary.fills_in ? SUF : -1,
            .fim_middle = vocabulary.fills_in ? MID : -1,
            .add_bos = vocabulary.adds_bos,
        },
        &err);
    if (tokenizer == NULL) fail_msg("%s", err.message);
    return tokenizer;
}

/* The tokens as text; static. */
static const char *read_back(const struct prompt *prompt) {
    static char text[8192];
    static const char *const control[] = {"<bos>", "<pre>", "<suf>", "<mid>", "<marker>"};
    size_t length = 0;
    for (size_t i = 0; i < prompt->tokens.length; i++) {
        int32_t id = prompt->tokens.ids[i];
        assert_true(id >= 0 && id < N_TOKENS && length + 16 < sizeof text);
        if (id < N_BYTES) {
            text[length++] = (char)id;
        } else {
            strcpy(text + length, control[id - BOS]);
            length += strlen(control[id - BOS]);
        }
    }
    text[length] = '\0';
    return text;
}

static struct prompt build(const struct tokenizer *tokenizer, const char *path,
                           const char *language, const struct fixture *at, uint32_t max_tokens) {
    struct prompt prompt;
    struct error err = ERROR_INIT;
    if (!prompt_build(&prompt, tokenizer,
                      &(struct prompt_input){.path = path,
                                             .language_id = language,
                                             .text = at->text,
                                             .length = at->length,
                                             .offset = at->offset,
                                             .max_tokens = max_tokens},
                      &err))
        fail_msg("%s", err.message);
    return prompt;
}

/* ---- prompts --------------------------------------------------------------------------------- */

static const struct {
    struct vocabulary vocabulary;
    const char *path, *language, *document, *prompt;
} table[] = {
    {{0}, "src/add.py", "python", "def f():\n    return^\n", "# src/add.py\ndef f():\n    return"},
    {{0}, "a.c", "c", "int x^", "// a.c\nint x"},
    {{0}, "q.sql", "sql", "SELECT^", "-- q.sql\nSELECT"},
    {{0}, "a.html", "html", "<p>^</p>", "<!-- a.html -->\n<p>"},
    {{0}, "notes", "plaintext", "word^", "word"}, /* no comment syntax, no header */
    {{0}, "", "python", "x^", "x"},
    {{.adds_bos = true}, "a.c", "c", "x^", "<bos>// a.c\nx"},
    {{0}, "", "plaintext", "^x", "<bos>"}, /* something has to be asked */
    /* A blank before the cursor is left to the model. */
    {{0}, "", "python", "return ^", "return"},
    {{0}, "", "python", "f()\n    ^", "f()\n   "},
    {{0}, "", "c", "f()\n\t\t^", "f()\n\t"},
    {{0}, "", "c", "f();\n^", "f();\n"},
    /* Line endings are \n for the model. */
    {{0}, "", "c", "a;\r\nb;\r\n\tc^", "a;\nb;\n\tc"},
    {{0}, "", "c", "a;\rb;\r\rc^", "a;\nb;\n\nc"},
    /* Markers in a document are text, not tokens. */
    {{0}, "", "c", "x = \"<bos>\"^", "x = \"<bos>\""},
    {{0}, "a\nb.py", "python", "x^", "# a?b.py\nx"},
    /* Fill-in-the-middle. */
    {{.fills_in = true}, "a.py", "python", "f(^)\ng()\n", "<pre># a.py\nf(<suf>)\ng()\n<mid>"},
    {{.fills_in = true, .adds_bos = true}, "", "c", "x =^", "<bos><pre>x =<suf><mid>"},
    {{.fills_in = true}, "", "c", "x = ^;\r\ny", "<pre>x =<suf>;\ny<mid>"},
    {{.fills_in = true}, "", "c", "^int x;", "<pre><suf>int x;<mid>"},
    /* Aquila's header is its own. */
    {{.marker = "<|LDWANG|>"}, "a.py", "python", "x^", "<filename>a.py\nx"},
};

static void a_prompt_is_laid_out_as_the_vocabulary_wants_it(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct tokenizer *tokenizer = make_tokenizer(table[i].vocabulary);
        struct fixture at = fixture_of(table[i].document);
        struct prompt prompt = build(tokenizer, table[i].path, table[i].language, &at, 500);
        if (strcmp(read_back(&prompt), table[i].prompt) != 0)
            fail_msg("'%s': '%s' instead of '%s'", table[i].document, read_back(&prompt),
                     table[i].prompt);
        assert_int_equal(prompt.fills_in, table[i].vocabulary.fills_in);
        prompt_free(&prompt);
        fixture_free(&at);
        tokenizer_free(tokenizer);
    }
}

static void what_was_held_back_is_taken_off_the_completion(void **state) {
    (void)state;
    const char *before = "return ";
    const char *end = before + strlen(before);
    assert_int_equal(prompt_skip_held_back(end, 1, " x", 2), 1);
    assert_int_equal(prompt_skip_held_back(end, 1, "  x", 3), 1);
    assert_int_equal(prompt_skip_held_back(end, 1, "x", 1), 0); /* it does not agree */
    assert_int_equal(prompt_skip_held_back(end, 1, "\tx", 2), 0);
    assert_int_equal(prompt_skip_held_back(end, 1, "", 0), 0);
    assert_int_equal(prompt_skip_held_back(end, 0, " x", 2), 0);
}

static void a_prompt_keeps_its_budget_whatever_the_text(void **state) {
    (void)state;
    char text[20001];
    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = i % 40 == 39 ? '\n' : (char)('a' + i % 26);
    text[sizeof text - 1] = '\0';
    struct fixture at = {text, sizeof text - 1, 10000};
    for (int fills_in = 0; fills_in < 2; fills_in++) {
        struct tokenizer *tokenizer =
            make_tokenizer((struct vocabulary){.fills_in = fills_in, .adds_bos = true});
        for (uint32_t max = 16; max < 3000; max = max * 3 / 2) {
            struct prompt prompt = build(tokenizer, "a.py", "python", &at, max);
            assert_true(prompt.tokens.length <= max);
            /* Most of the budget is used, and the end of the text is what is shown. */
            assert_true(prompt.tokens.length >= max / 2);
            const char *shown = strstr(read_back(&prompt), "<suf>");
            if (shown == NULL) shown = read_back(&prompt) + strlen(read_back(&prompt));
            assert_memory_equal(shown - 4, text + at.offset - 4, 4);
            prompt_free(&prompt);
        }
        struct prompt none;
        struct error err = ERROR_INIT;
        assert_false(prompt_build(&none, tokenizer,
                                  &(struct prompt_input){.path = "",
                                                         .language_id = "",
                                                         .text = text,
                                                         .length = 10,
                                                         .offset = 10,
                                                         .max_tokens = 3},
                                  &err));
        assert_int_equal(err.code, ERROR_ARGUMENT);
        prompt_free(&none);
        tokenizer_free(tokenizer);
    }
}

static void typing_changes_only_the_end_of_a_prompt(void **state) {
    (void)state;
    char text[8001];
    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = i % 30 == 29 ? '\n' : 'x';
    text[sizeof text - 1] = '\0';
    struct tokenizer *tokenizer = make_tokenizer((struct vocabulary){0});
    enum { BUDGET = 800, KEYS = 1000 };
    struct prompt before = {0};
    unsigned moves = 0;
    for (size_t key = 0; key < KEYS; key++) {
        struct fixture at = {text, sizeof text - 1, 5000 + key};
        struct prompt prompt = build(tokenizer, "a.c", "c", &at, BUDGET);
        size_t common = 0;
        while (common < before.tokens.length && common < prompt.tokens.length &&
               before.tokens.ids[common] == prompt.tokens.ids[common])
            common++;
        if (key > 0) {
            if (prompt.window_start == before.window_start)
                assert_int_equal(common, before.tokens.length);
            else
                moves++;
        }
        prompt_free(&before);
        before = prompt;
    }
    prompt_free(&before);
    tokenizer_free(tokenizer);
    /* 1000 bytes typed past a window of 800: it moved, a few times. */
    assert_true(moves >= 1 && moves <= 10);
}

/* ---- windows --------------------------------------------------------------------------------- */

static void windows_are_cut_at_line_starts(void **state) {
    (void)state;
    const char *text = "one\ntwo\r\nthree\rfour\nfive";
    size_t length = strlen(text);
    assert_int_equal(window_before(text, length, 100, 8), 0);
    size_t start = window_before(text, length, 12, 4); /* 24 - 12: "\nthree"… */
    assert_string_equal(text + start, "four\nfive");
    assert_int_equal(window_after(text, length, 0, 100), length);
    assert_int_equal(window_after(text, length, 0, 10), strlen("one\ntwo\r\n"));
    assert_int_equal(window_after(text, length, 0, 8), strlen("one\n")); /* not inside \r\n */
    assert_int_equal(window_after(text, length, 4, 3), 7); /* less than a line: what fits */
}

static void a_window_of_one_long_line_is_cut_between_characters(void **state) {
    (void)state;
    char text[4 * 100];
    for (size_t i = 0; i < sizeof text; i += 4)
        memcpy(text + i, "😀", 4);
    for (size_t max = 1; max < 60; max++) {
        size_t start = window_before(text, sizeof text, max, 7);
        assert_true(start % 4 == 0 && sizeof text - start <= max);
        size_t end = window_after(text, sizeof text, 0, max);
        assert_true(end % 4 == 0 && end <= max);
    }
}

/* ---- languages ------------------------------------------------------------------------------- */

static void languages_are_known_by_id_and_by_file(void **state) {
    (void)state;
    static const struct {
        const char *path, *id;
    } files[] = {{"a.c", "c"},
                 {"src/b.HPP", "cpp"},
                 {"C:/x/Main.java", "java"},
                 {"a.test.mjs", "javascript"},
                 {"/etc/bash.bashrc", "shellscript"},
                 {"x.y/run.sh", "shellscript"},
                 {"schema.sql", "sql"},
                 {"a.pyi", "python"},
                 {"CMakeLists.txt", "cmake"},
                 {"notes.txt", ""},
                 {"py", ""},
                 {"c", ""},
                 {"", ""}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_string_equal(language_of_path(files[i].path)->id, files[i].id);
    assert_string_equal(language_by_id("bash")->id, "shellscript");
    assert_string_equal(language_by_id("shellscript")->comment_before, "# ");
    assert_string_equal(language_by_id("cpp")->id, "cpp");
    assert_string_equal(language_by_id("cobol")->id, "");
    assert_string_equal(language_by_id("")->id, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prompt_is_laid_out_as_the_vocabulary_wants_it),
        cmocka_unit_test(what_was_held_back_is_taken_off_the_completion),
        cmocka_unit_test(a_prompt_keeps_its_budget_whatever_the_text),
        cmocka_unit_test(typing_changes_only_the_end_of_a_prompt),
        cmocka_unit_test(windows_are_cut_at_line_starts),
        cmocka_unit_test(a_window_of_one_long_line_is_cut_between_characters),
        cmocka_unit_test(languages_are_known_by_id_and_by_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
