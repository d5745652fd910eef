/* The tokenizer of a model, without its weights. */
#ifndef AERIE_LSP_CMD_VOCABULARY_H
#define AERIE_LSP_CMD_VOCABULARY_H

#include "engine/model/gguf.h"

struct vocabulary {
    struct gguf *gguf;
    struct tokenizer *tokenizer;
};

/* Opens what --model names (NULL: the default model); a file with a vocabulary and no tensors will
 * do. False on failure: as store_resolve, gguf_open and gguf_create_tokenizer. */
bool vocabulary_open(struct vocabulary *self, const char *model, struct error *err);
void vocabulary_close(struct vocabulary *self);

#endif
