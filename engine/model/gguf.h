/* GGUF v2 and v3 files, mapped read-only.
 *
 * A file is hostile until checked: gguf_open walks the whole header and verifies every count,
 * length, type, shape and offset against the file's real size before it returns, so that afterwards
 * every pointer handed out lies inside the mapping. Format: the GGUF specification of ggml.
 *
 * What is not guarded against: a file that another process cuts short while it is mapped. Reading
 * past its new end then raises SIGBUS. Whoever replaces a model writes a new file and renames it.
 *
 * Numbers are read as they lie in memory: little-endian machines only, like the files. */
#ifndef AERIE_ENGINE_MODEL_GGUF_H
#define AERIE_ENGINE_MODEL_GGUF_H

#include "base/error.h"
#include "engine/tokenizer/tokenizer.h" /* struct text_view */
#include "kernels/tensor.h"

struct gguf;

/* NULL on failure: ERROR_IO, ERROR_FORMAT (with the name of the key or tensor that is wrong and
 * how), ERROR_UNSUPPORTED (version, big-endian), ERROR_MEMORY. */
struct gguf *gguf_open(const char *path, struct error *err);

/* The same over bytes in memory, which must outlive it and be aligned to 8 bytes (tests, fuzzing).
 */
struct gguf *gguf_open_memory(const void *bytes, size_t length, struct error *err);
void gguf_close(struct gguf *self); /* NULL is fine */

uint32_t gguf_version(const struct gguf *self);
uint64_t gguf_file_bytes(const struct gguf *self);

/* ---- metadata -------------------------------------------------------------------------------- */

enum gguf_type {
    GGUF_UINT8 = 0,
    GGUF_INT8,
    GGUF_UINT16,
    GGUF_INT16,
    GGUF_UINT32,
    GGUF_INT32,
    GGUF_FLOAT32,
    GGUF_BOOL,
    GGUF_STRING,
    GGUF_ARRAY,
    GGUF_UINT64,
    GGUF_INT64,
    GGUF_FLOAT64,
};

size_t gguf_n_keys(const struct gguf *self);
struct text_view gguf_key(const struct gguf *self, size_t index);
enum gguf_type gguf_key_type(const struct gguf *self, size_t index);
bool gguf_has_key(const struct gguf *self, const char *key);

/* Look-ups by key. Each returns false if the key is absent or of another kind and then leaves *out
 * alone; integers of any width convert where the value fits. */
bool gguf_find_u64(const struct gguf *self, const char *key, uint64_t *out);
bool gguf_find_f32(const struct gguf *self, const char *key, float *out);
bool gguf_find_bool(const struct gguf *self, const char *key, bool *out);
bool gguf_find_string(const struct gguf *self, const char *key, struct text_view *out);

/* Arrays. Strings are copied out as views: *out is malloc'ed, free it. Numbers are unaligned bytes
 * inside the mapping: *out points at n elements of `type`, to be read with memcpy. */
bool gguf_find_strings(const struct gguf *self, const char *key, struct text_view **out,
                       size_t *n_out, struct error *err);
bool gguf_find_array(const struct gguf *self, const char *key, enum gguf_type type,
                     const void **out, size_t *n_out);

/* ---- tensors --------------------------------------------------------------------------------- */

struct gguf_tensor {
    struct text_view name;
    struct tensor tensor; /* dims [cols, rows] of the file; a third and fourth dim are folded into
                             rows */
    uint32_t n_dims;
    uint64_t dims[4]; /* as the file orders them: dims[0] is contiguous */
    uint64_t bytes;
    uint64_t offset; /* from the start of the file */
};

size_t gguf_n_tensors(const struct gguf *self);
const struct gguf_tensor *gguf_tensor_at(const struct gguf *self, size_t index);
const struct gguf_tensor *gguf_find_tensor(const struct gguf *self, const char *name); /* or NULL */

#endif
