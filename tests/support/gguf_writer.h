/* Writes the pieces of a GGUF, right or wrong, to a file or to memory. */
#ifndef AERIE_TESTS_SUPPORT_GGUF_WRITER_H
#define AERIE_TESTS_SUPPORT_GGUF_WRITER_H

#include "engine/model/gguf.h"

#include <stdio.h>

/* Start from {.file = f} or, for memory, {0}; .bytes is malloc'ed then. Once something fails,
 * `failed` stays set and nothing more is written. */
struct gguf_writer {
    FILE *file;
    uint8_t *bytes;
    size_t length, capacity; /* of bytes */
    uint64_t at;             /* bytes written so far */
    bool failed;
};

void gguf_put(struct gguf_writer *w, const void *bytes, size_t n);
void gguf_put_u32(struct gguf_writer *w, uint32_t value);
void gguf_put_u64(struct gguf_writer *w, uint64_t value);
void gguf_put_f32(struct gguf_writer *w, float value);
void gguf_put_text(struct gguf_writer *w, const char *text); /* length and bytes */
void gguf_put_zeros(struct gguf_writer *w, uint64_t n);
void gguf_put_padding(struct gguf_writer *w, uint64_t alignment);

/* "GGUF", version, counts. */
void gguf_put_header(struct gguf_writer *w, uint32_t version, uint64_t n_tensors, uint64_t n_keys);

/* Whole keys. */
void gguf_put_key(struct gguf_writer *w, const char *key, uint32_t type);
void gguf_put_key_u32(struct gguf_writer *w, const char *key, uint32_t value);
void gguf_put_key_f32(struct gguf_writer *w, const char *key, float value);
void gguf_put_key_bool(struct gguf_writer *w, const char *key, bool value);
void gguf_put_key_text(struct gguf_writer *w, const char *key, const char *value);
void gguf_put_key_array(struct gguf_writer *w, const char *key, uint32_t type, uint64_t n);

/* A tensor's description: name, dims [n_dims], type id, offset in the data section. */
void gguf_put_tensor(struct gguf_writer *w, const char *name, uint32_t n_dims, const uint64_t *dims,
                     uint32_t type, uint64_t offset);

#endif
