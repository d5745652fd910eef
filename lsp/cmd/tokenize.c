/* aerie tokenize: text -> tokens. */
#include "lsp/cmd/command.h"
#include "lsp/cmd/input.h"
#include "lsp/cmd/vocabulary.h"

#include <stdio.h>
#include <stdlib.h>

/* On one line each, so a control character must not show as itself. */
static void print_spelling(struct text_view spelling) {
    for (size_t i = 0; i < spelling.length; i++) {
        unsigned char c = (unsigned char)spelling.bytes[i];
        switch (c) {
        case '\n':
            fputs("\\n", stdout);
            break;
        case '\r':
            fputs("\\r", stdout);
            break;
        case '\t':
            fputs("\\t", stdout);
            break;
        default:
            if (c < 0x20 || c == 0x7f)
                printf("\\x%02x", c);
            else
                putchar(c);
        }
    }
    putchar('\n');
}

static void print_tokens(const struct tokenizer *tokenizer, const struct token_list *tokens,
                         bool ids_only) {
    for (size_t i = 0; i < tokens->length; i++) {
        if (ids_only) {
            printf("%s%d", i ? " " : "", tokens->ids[i]);
        } else {
            printf("%7d  ", tokens->ids[i]);
            print_spelling(tokenizer_spelling(tokenizer, tokens->ids[i]));
        }
    }
    if (ids_only) putchar('\n');
}

static int run(const char *path, const struct common_options *common, unsigned flags,
               bool ids_only) {
    struct error err = ERROR_INIT;
    struct vocabulary vocabulary = {0};
    struct token_list tokens = {0};
    size_t length = 0;
    int status = EXIT_FAILED;
    char *text = input_read(path, &length, &err);
    if (text == NULL || !vocabulary_open(&vocabulary, common->model, &err) ||
        !tokenizer_encode(vocabulary.tokenizer, text, length, flags, &tokens, &err)) {
        status = command_failed(&err);
    } else {
        print_tokens(vocabulary.tokenizer, &tokens, ids_only);
        status = EXIT_OK;
    }
    token_list_free(&tokens);
    vocabulary_close(&vocabulary);
    free(text);
    return status;
}

int command_tokenize(int argc, char **argv) {
    bool ids = false, special = false, bos = false;
    const struct command_option own[] = {
        {"ids", NULL, "the ids alone, on one line", &ids},
        {"special", NULL, "control tokens written out in the text become those tokens", &special},
        {"bos", NULL, "begin with the token that begins a text, where the model wants one", &bos},
    };
    const struct command_usage usage = {
        .usage = "aerie tokenize [--ids] [OPTION]... FILE|-",
        .description = "Prints the tokens of a text, one a line: id and spelling.",
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
    unsigned flags = (special ? TOKENIZE_SPECIAL : 0) | (bos ? TOKENIZE_ADD_BOS : 0);
    return run(operands[0], &common, flags, ids);
}
