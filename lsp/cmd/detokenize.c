/* aerie detokenize: token ids -> text. */
#include "lsp/cmd/command.h"
#include "lsp/cmd/input.h"
#include "lsp/cmd/vocabulary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ids as `tokenize --ids` prints them, or as a JSON array: numbers between blanks, commas and
 * brackets. */
static bool parse_ids(const char *text, size_t length, uint32_t n_vocab, struct token_list *out,
                      struct error *err) {
    const char *at = text, *end = text + length;
    for (;;) {
        at += strspn(at, " \t\r\n,[]");
        if (at == end) return true;
        char *after;
        errno = 0;
        long id = strtol(at, &after, 10);
        if (after == at || (*after != '\0' && strchr(" \t\r\n,[]", *after) == NULL))
            return error_set(err, ERROR_FORMAT,
                             "byte %zu of the input is no token id; give decimal numbers between "
                             "blanks or commas",
                             (size_t)(at - text) + 1);
        if (errno != 0 || id < 0 || (unsigned long)id >= n_vocab)
            return error_set(err, ERROR_FORMAT,
                             "%.*s is no token of this model, whose ids are 0 to %u",
                             (int)(after - at < 24 ? after - at : 24), at, n_vocab - 1);
        if (!token_list_push(out, (int32_t)id, err)) return false;
        at = after;
    }
}

/* Some vocabularies put a blank before a text when they encode it: it is not part of the text. */
static bool adds_blank(const struct tokenizer *tokenizer) {
    struct token_list tokens = {0};
    struct error err = ERROR_INIT;
    bool adds = false;
    if (tokenizer_encode(tokenizer, "x", 1, TOKENIZE_PLAIN, &tokens, &err) && tokens.length > 0) {
        struct text_view first = tokenizer_bytes(tokenizer, tokens.ids[0]);
        adds = first.length > 0 && first.bytes[0] == ' ';
    }
    token_list_free(&tokens);
    return adds;
}

/* Control tokens have no text: with `special` their spelling stands in. */
static void print_text(const struct tokenizer *tokenizer, const struct token_list *tokens,
                       bool special) {
    bool blank = adds_blank(tokenizer);
    for (size_t i = 0; i < tokens->length; i++) {
        struct text_view bytes = tokenizer_bytes(tokenizer, tokens->ids[i]);
        if (tokenizer_kind(tokenizer, tokens->ids[i]) == TOKEN_CONTROL) {
            if (special) bytes = tokenizer_spelling(tokenizer, tokens->ids[i]);
        } else if (blank && bytes.length > 0) {
            size_t skip = bytes.bytes[0] == ' ';
            bytes = (struct text_view){bytes.bytes + skip, bytes.length - skip};
            blank = false;
        }
        fwrite(bytes.bytes, 1, bytes.length, stdout);
    }
}

static int run(const char *path, const struct common_options *common, bool special) {
    struct error err = ERROR_INIT;
    struct vocabulary vocabulary = {0};
    struct token_list tokens = {0};
    size_t length = 0;
    int status = EXIT_FAILED;
    char *text = input_read(path, &length, &err);
    if (text == NULL || !vocabulary_open(&vocabulary, common->model, &err) ||
        !parse_ids(text, length, tokenizer_size(vocabulary.tokenizer), &tokens, &err)) {
        status = command_failed(&err);
    } else {
        print_text(vocabulary.tokenizer, &tokens, special);
        status = EXIT_OK;
    }
    token_list_free(&tokens);
    vocabulary_close(&vocabulary);
    free(text);
    return status;
}

int command_detokenize(int argc, char **argv) {
    bool special = false;
    const struct command_option own[] = {
        {"special", NULL, "write control tokens out", &special},
    };
    const struct command_usage usage = {
        .usage = "aerie detokenize [OPTION]... FILE|-",
        .description = "Prints the text of token ids, which stand between blanks or commas.",
        .common = COMMON_MODEL,
        .options = own,
        .n_options = sizeof own / sizeof *own,
        .min_operands = 1,
        .max_operands = 1,
    };
    struct common_options common;
    char **operands;
    int n_operands;
    switch (options_parse(&usage, argc, argv, &common, &operands, &n_operands)) {
    case OPTIONS_RUN:
        break;
    case OPTIONS_HELP:
        return EXIT_OK;
    case OPTIONS_BAD:
        return EXIT_USAGE;
    }
    return run(operands[0], &common, special);
}
