#include "tests/support/gguf_writer.h"

#include <stdlib.h>
#include <string.h>

static bool reserve(struct gguf_writer *w, size_t n) {
    if (n <= w->capacity - w->length) return true;
    size_t wanted = w->capacity == 0 ? 4096 : w->capacity;
    while (wanted - w->length < n)
        wanted *= 2;
    uint8_t *grown = realloc(w->bytes, wanted);
    if (grown == NULL) return false;
    w->bytes = grown;
    w->capacity = wanted;
    return true;
}

void gguf_put(struct gguf_writer *w, const void *bytes, size_t n) {
    if (w->failed || n == 0) return;
    if (w->file != NULL) {
        w->failed = fwrite(bytes, 1, n, w->file) != n;
    } else if (reserve(w, n)) {
        memcpy(w->bytes + w->length, bytes, n);
        w->length += n;
    } else {
        w->failed = true;
    }
    if (!w->failed) w->at += n;
}

void gguf_put_u32(struct gguf_writer *w, uint32_t value) {
    gguf_put(w, &value, sizeof value);
}

void gguf_put_u64(struct gguf_writer *w, uint64_t value) {
    gguf_put(w, &value, sizeof value);
}

void gguf_put_f32(struct gguf_writer *w, float value) {
    gguf_put(w, &value, sizeof value);
}

void gguf_put_text(struct gguf_writer *w, const char *text) {
    gguf_put_u64(w, strlen(text));
    gguf_put(w, text, strlen(text));
}

void gguf_put_zeros(struct gguf_writer *w, uint64_t n) {
    static const uint8_t zeros[4096];
    for (; n > 0 && !w->failed; n -= n < sizeof zeros ? n : sizeof zeros)
        gguf_put(w, zeros, n < sizeof zeros ? (size_t)n : sizeof zeros);
}

void gguf_put_padding(struct gguf_writer *w, uint64_t alignment) {
    gguf_put_zeros(w, (alignment - w->at % alignment) % alignment);
}

void gguf_put_header(struct gguf_writer *w, uint32_t version, uint64_t n_tensors, uint64_t n_keys) {
    gguf_put(w, "GGUF", 4);
    gguf_put_u32(w, version);
    gguf_put_u64(w, n_tensors);
    gguf_put_u64(w, n_keys);
}

void gguf_put_key(struct gguf_writer *w, const char *key, uint32_t type) {
    gguf_put_text(w, key);
    gguf_put_u32(w, type);
}

void gguf_put_key_u32(struct gguf_writer *w, const char *key, uint32_t value) {
    gguf_put_key(w, key, GGUF_UINT32);
    gguf_put_u32(w, value);
}

void gguf_put_key_f32(struct gguf_writer *w, const char *key, float value) {
    gguf_put_key(w, key, GGUF_FLOAT32);
    gguf_put_f32(w, value);
}

void gguf_put_key_bool(struct gguf_writer *w, const char *key, bool value) {
    uint8_t byte = value;
    gguf_put_key(w, key, GGUF_BOOL);
    gguf_put(w, &byte, 1);
}

void gguf_put_key_text(struct gguf_writer *w, const char *key, const char *value) {
    gguf_put_key(w, key, GGUF_STRING);
    gguf_put_text(w, value);
}

void gguf_put_key_array(struct gguf_writer *w, const char *key, uint32_t type, uint64_t n) {
    gguf_put_key(w, key, GGUF_ARRAY);
    gguf_put_u32(w, type);
    gguf_put_u64(w, n);
}

void gguf_put_tensor(struct gguf_writer *w, const char *name, uint32_t n_dims, const uint64_t *dims,
                     uint32_t type, uint64_t offset) {
    gguf_put_text(w, name);
    gguf_put_u32(w, n_dims);
    for (uint32_t d = 0; d < n_dims; d++)
        gguf_put_u64(w, dims[d]);
    gguf_put_u32(w, type);
    gguf_put_u64(w, offset);
}
