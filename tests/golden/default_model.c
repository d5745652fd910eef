#include "tests/golden/default_model.h"

#include "engine/model/store.h"
#include "tests/golden/golden_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SKIPPED = 77 };

/* Size of the file the numbers were made from. */
#define MODEL_BYTES 98362432u

static void read_prompt(struct golden_file *file, uint32_t n_greedy, struct golden_prompt *out) {
    out->n_bytes = golden_u32(file);
    out->n_tokens = golden_u32(file);
    out->text = malloc(out->n_bytes + 1);
    assert_non_null(out->text);
    memcpy(out->text, golden_take(file, out->n_bytes), out->n_bytes);
    out->text[out->n_bytes] = '\0';
    out->tokens = golden_ints(file, out->n_tokens);
    out->continuation = golden_ints(file, n_greedy);
    out->margins = golden_floats(file, n_greedy);
}

void golden_text_read(struct golden_text *self) {
    struct golden_file file;
    golden_open(&file, "smollm2.golden", "TEXTGOLD");
    self->n_vocab = golden_u32(&file);
    self->n_text = golden_u32(&file);
    self->n_fixed = golden_u32(&file);
    self->n_top = golden_u32(&file);
    self->n_greedy = golden_u32(&file);
    self->perplexity = golden_f64(&file);
    self->tokens = golden_ints(&file, self->n_text);
    self->fixed = golden_ints(&file, self->n_fixed);
    self->log_sums = golden_floats(&file, self->n_text);
    self->fixed_logits = golden_floats(&file, (size_t)self->n_text * self->n_fixed);
    self->top_ids = golden_ints(&file, (size_t)self->n_text * self->n_top);
    self->top_logits = golden_floats(&file, (size_t)self->n_text * self->n_top);
    self->n_prompts = golden_u32(&file);
    self->prompts = calloc(self->n_prompts, sizeof *self->prompts);
    assert_non_null(self->prompts);
    for (uint32_t i = 0; i < self->n_prompts; i++)
        read_prompt(&file, self->n_greedy, &self->prompts[i]);
    golden_close(&file);
}

void golden_text_free(struct golden_text *self) {
    for (uint32_t i = 0; i < self->n_prompts; i++) {
        free(self->prompts[i].text);
        free(self->prompts[i].tokens);
        free(self->prompts[i].continuation);
        free(self->prompts[i].margins);
    }
    free(self->prompts);
    free(self->tokens);
    free(self->fixed);
    free(self->log_sums);
    free(self->fixed_logits);
    free(self->top_ids);
    free(self->top_logits);
}

struct model *open_default_model(void) {
    struct error err = ERROR_INIT;
    char *path = store_resolve(getenv("AERIE_MODEL"), &err);
    struct model *model = path == NULL ? NULL : model_open(path, &err);
    free(path);
    if (model == NULL) {
        fprintf(stderr, "skipped: %s\n", err.message);
        exit(SKIPPED);
    }
    if (gguf_file_bytes(model_gguf(model)) != MODEL_BYTES) {
        fprintf(stderr, "skipped: %s is not the model that the golden numbers were made from\n",
                model_name(model));
        model_close(model);
        exit(SKIPPED);
    }
    return model;
}
