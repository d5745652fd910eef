#include "lsp/cmd/vocabulary.h"
#include "engine/model/model.h"
#include "engine/model/store.h"

#include <stdlib.h>

bool vocabulary_open(struct vocabulary *self, const char *model, struct error *err) {
    *self = (struct vocabulary){0};
    char *path = store_resolve(model, err);
    if (path == NULL) return false;
    self->gguf = gguf_open(path, err);
    free(path);
    if (self->gguf == NULL) return false;
    self->tokenizer = gguf_create_tokenizer(self->gguf, err);
    if (self->tokenizer != NULL) return true;
    vocabulary_close(self);
    return false;
}

void vocabulary_close(struct vocabulary *self) {
    tokenizer_free(self->tokenizer);
    gguf_close(self->gguf);
    *self = (struct vocabulary){0};
}
