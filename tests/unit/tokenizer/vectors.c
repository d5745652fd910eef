#include "tests/unit/tokenizer/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char SEPARATOR[] = "\n__ggml_vocab_test__\n";

char *read_whole_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    char *bytes = NULL;
    long size;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0) {
        rewind(file);
        bytes = malloc((size_t)size + 1);
        if (bytes && fread(bytes, 1, (size_t)size, file) == (size_t)size) {
            bytes[size] = '\0';
            *length = (size_t)size;
        } else {
            free(bytes);
            bytes = NULL;
        }
    }
    fclose(file);
    return bytes;
}

static void add_text(struct vectors *self, const char *bytes, size_t length) {
    struct vector *items = realloc(self->items, (self->n + 1) * sizeof *items);
    assert_non_null(items);
    self->items = items;
    self->items[self->n++] = (struct vector){.text = {bytes, length}};
}

bool vectors_read(struct vectors *self, const char *inp_path, const char *out_path) {
    size_t inp_length, out_length;
    *self = (struct vectors){0};
    self->inp = read_whole_file(inp_path, &inp_length);
    self->out = read_whole_file(out_path, &out_length);
    if (!self->inp || !self->out) {
        vectors_free(self);
        return false;
    }
    const size_t gap = sizeof SEPARATOR - 1;
    const char *text = self->inp, *end = self->inp + inp_length;
    for (;;) {
        const char *next = memmem(text, (size_t)(end - text), SEPARATOR, gap);
        add_text(self, text, (size_t)((next ? next : end) - text));
        if (!next) break;
        text = next + gap;
    }
    /* A separator that ends the file opens no further text. */
    if (self->items[self->n - 1].text.length == 0 && self->n > 1 &&
        self->items[self->n - 1].text.bytes == end)
        self->n--;

    char *line = self->out;
    for (size_t i = 0; i < self->n; i++) {
        char *newline = strchr(line, '\n');
        if (!newline) fail_msg("%s has only %zu lines for %zu texts", out_path, i, self->n);
        *newline = '\0';
        for (char *after = line;; line = after) {
            long id = strtol(line, &after, 10);
            if (after == line) break;
            assert_true(token_list_push(&self->items[i].ids, (int32_t)id, NULL));
        }
        line = newline + 1;
    }
    assert_int_equal(*line, '\0');
    return true;
}

void vectors_free(struct vectors *self) {
    for (size_t i = 0; i < self->n; i++)
        token_list_free(&self->items[i].ids);
    free(self->items);
    free(self->inp);
    free(self->out);
    *self = (struct vectors){0};
}

static void print_ids(const char *name, const struct token_list *list) {
    fprintf(stderr, "  %s:", name);
    for (size_t i = 0; i < list->length; i++)
        fprintf(stderr, " %d", (int)list->ids[i]);
    fprintf(stderr, "\n");
}

size_t vectors_check(const struct vectors *self, const struct tokenizer *tokenizer,
                     const char *name) {
    size_t n_wrong = 0;
    struct token_list list = {0};
    for (size_t i = 0; i < self->n; i++) {
        const struct vector *vector = &self->items[i];
        struct error err = ERROR_INIT;
        list.length = 0;
        if (!tokenizer_encode(tokenizer, vector->text.bytes, vector->text.length, TOKENIZE_PLAIN,
                              &list, &err))
            fail_msg("%s: %s", name, err.message);
        if (list.length == vector->ids.length &&
            (list.length == 0 ||
             memcmp(list.ids, vector->ids.ids, list.length * sizeof *list.ids) == 0))
            continue;
        n_wrong++;
        fprintf(stderr, "%s, text %zu: \"%.*s\"\n", name, i + 1, (int)vector->text.length,
                vector->text.bytes);
        print_ids("expected", &vector->ids);
        print_ids("got", &list);
    }
    fprintf(stderr, "%s: %zu of %zu texts\n", name, self->n - n_wrong, self->n);
    token_list_free(&list);
    return n_wrong;
}
