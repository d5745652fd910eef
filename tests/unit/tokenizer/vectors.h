/* Test vectors in llama.cpp's form: texts in a .inp file, separated by "\n__ggml_vocab_test__\n",
 * and as many lines of ids in a .out file. */
#ifndef AERIE_TESTS_TOKENIZER_VECTORS_H
#define AERIE_TESTS_TOKENIZER_VECTORS_H

#include "engine/tokenizer/tokenizer.h"

struct vector {
    struct text_view text;
    struct token_list ids;
};

struct vectors {
    struct vector *items;
    size_t n;
    char *inp, *out; /* the files */
};

/* A whole file, 0-terminated; NULL if it cannot be read. Free it. */
char *read_whole_file(const char *path, size_t *length);

/* False if one of the files cannot be read; a failed test if they make no sense. */
bool vectors_read(struct vectors *self, const char *inp_path, const char *out_path);
void vectors_free(struct vectors *self);

/* Encodes every text; says on stderr what differs, and returns how many do. */
size_t vectors_check(const struct vectors *self, const struct tokenizer *tokenizer,
                     const char *name);

#endif
