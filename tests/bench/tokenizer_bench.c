/* tokenizer_bench [MODEL [FILE...]]: how fast a vocabulary reads text.
 *
 * MODEL is a GGUF or the name of one in the store. The text is the FILEs, or Aerie's own sources,
 * one after the other until there are 10 MB; and what is hardest to cut: 10 MB without a blank or a
 * line end, of letters and of one letter, and 10 MB of blanks. */
#include "base/clock.h"
#include "engine/model/model.h"
#include "engine/model/store.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 10 * 1000 * 1000 };

static size_t append_file(char *text, size_t length, const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return length;
    length += fread(text + length, 1, TEXT_BYTES - length, file);
    fclose(file);
    return length;
}

static bool fill_with_source(char *text, char **files, size_t n_files) {
    size_t length = 0, before;
    do {
        before = length;
        for (size_t i = 0; i < n_files && length < TEXT_BYTES; i++)
            length = append_file(text, length, files[i]);
    } while (length < TEXT_BYTES && length > before);
    return length == TEXT_BYTES;
}

static double processor_ms(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
}

static void measure(const struct tokenizer *tokenizer, const char *name, const char *text) {
    struct token_list list = {0};
    struct error err = ERROR_INIT;
    double cpu_before = processor_ms();
    uint64_t start = clock_ns();
    bool ok = tokenizer_encode(tokenizer, text, TEXT_BYTES, TOKENIZE_PLAIN, &list, &err);
    double ms = clock_ms_between(start, clock_ns()), cpu_ms = processor_ms() - cpu_before;
    if (ok)
        printf("%-12s %9zu tokens %8.0f ms, %8.0f ms of processor time, %6.2f MB/s\n", name,
               list.length, ms, cpu_ms, TEXT_BYTES / cpu_ms / 1e3);
    else
        printf("%-12s %s\n", name, err.message);
    token_list_free(&list);
}

static struct tokenizer *open_tokenizer(const char *name, struct error *err) {
    char *path = store_resolve(name, err);
    struct gguf *gguf = path ? gguf_open(path, err) : NULL;
    uint64_t start = clock_ns();
    struct tokenizer *tokenizer = gguf ? gguf_create_tokenizer(gguf, err) : NULL;
    if (tokenizer)
        printf("%s: %u tokens, made in %.1f ms\n", path, tokenizer_size(tokenizer),
               clock_ms_between(start, clock_ns()));
    gguf_close(gguf);
    free(path);
    return tokenizer;
}

int main(int argc, char **argv) {
    struct error err = ERROR_INIT;
    glob_t sources = {0};
    char *text = malloc(TEXT_BYTES);
    struct tokenizer *tokenizer = text ? open_tokenizer(argc > 1 ? argv[1] : NULL, &err) : NULL;
    if (!tokenizer) {
        fprintf(stderr, "tokenizer_bench: %s\n", err.message);
        free(text);
        return 1;
    }
    char **files = argv + 2;
    size_t n_files = argc > 2 ? (size_t)argc - 2 : 0;
    if (n_files == 0 && glob(AERIE_SOURCE_DIR "/*/*/*.[ch]", 0, NULL, &sources) == 0) {
        files = sources.gl_pathv;
        n_files = sources.gl_pathc;
    }
    if (fill_with_source(text, files, n_files)) measure(tokenizer, "source", text);

    uint32_t state = 1;
    for (size_t i = 0; i < TEXT_BYTES; i++)
        text[i] = "etaoinshrdlucmfw"[(state = state * 1664525 + 1013904223) >> 28];
    measure(tokenizer, "letters", text);
    memset(text, 'a', TEXT_BYTES);
    measure(tokenizer, "one letter", text);
    memset(text, ' ', TEXT_BYTES);
    measure(tokenizer, "blanks", text);

    globfree(&sources);
    tokenizer_free(tokenizer);
    free(text);
    return 0;
}
