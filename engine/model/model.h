/* A model: a GGUF file understood. Its architecture's table (engine/model/architectures.c) says
 * which keys and tensors make up the one decoder of kernels/kernels.h. */
#ifndef AERIE_ENGINE_MODEL_MODEL_H
#define AERIE_ENGINE_MODEL_MODEL_H

#include "engine/model/gguf.h"
#include "engine/tokenizer/tokenizer.h"
#include "kernels/kernels.h"

struct model;

/* Opens and checks a file: every tensor the architecture needs is there, with the shape the config
 * says and a type we can read. NULL on failure: as gguf_open, and ERROR_UNSUPPORTED for an unknown
 * architecture (the message lists the known ones). */
struct model *model_open(const char *path, struct error *err);
struct model *model_open_memory(const void *bytes, size_t length, struct error *err);
void model_close(struct model *self); /* NULL is fine */

const struct gguf *model_gguf(const struct model *self);
const char *model_name(const struct model *self);         /* general.name, else the file's name */
const char *model_architecture(const struct model *self); /* "llama" */
const struct decoder_spec *model_decoder(const struct model *self);
uint64_t model_n_parameters(const struct model *self);
uint64_t model_weight_bytes(const struct model *self);

/* Bytes that the keys and values of n_tokens positions take, at element_bytes a number (2 for half
 * precision): what to set beside the machine's memory before loading. */
uint64_t model_kv_bytes(const struct model *self, uint32_t n_tokens, unsigned element_bytes);

/* The tokenizer the file carries; the caller frees it. It does not need the model any more. NULL on
 * failure: as tokenizer_create; ERROR_FORMAT where the file has no vocabulary or one that lies;
 * ERROR_UNSUPPORTED for an unknown tokenizer.ggml.model. */
struct tokenizer *model_create_tokenizer(const struct model *self, struct error *err);

/* The same for a file that holds a vocabulary and no tensors. */
struct tokenizer *gguf_create_tokenizer(const struct gguf *gguf, struct error *err);

#endif
