/* What the files of the GGUF reader share. Nobody else includes this. */
#ifndef AERIE_ENGINE_MODEL_GGUF_INTERNAL_H
#define AERIE_ENGINE_MODEL_GGUF_INTERNAL_H

#include "engine/model/gguf.h"

/* One key with its value, still in the file's bytes. */
struct gguf_entry {
    struct text_view key;
    enum gguf_type type;         /* GGUF_ARRAY for arrays */
    enum gguf_type element_type; /* of an array, else = type */
    uint64_t n;                  /* elements of an array, else 1 */
    const uint8_t *value;        /* first byte of the value or of the first element */
};

struct gguf {
    const uint8_t *bytes;
    uint64_t size;
    void *mapping; /* what munmap gets; NULL for bytes in somebody else's memory */
    uint32_t version;
    uint64_t alignment;

    struct gguf_entry *entries;
    size_t n_entries;
    uint32_t *entry_order; /* [n_entries] indexes sorted by key */

    struct gguf_tensor *tensors;
    size_t n_tensors;
    uint32_t *tensor_order; /* [n_tensors] indexes sorted by name */
};

/* Reads and checks the whole header of bytes[0..size) and fills the rest of *self. */
bool gguf_parse(struct gguf *self, struct error *err);

/* The entry of a key, or NULL. */
const struct gguf_entry *gguf_find_entry(const struct gguf *self, const char *key, size_t length);

/* Total order of names: shorter first, then by bytes. */
int gguf_compare_names(struct text_view a, struct text_view b);

/* Bytes of a value of fixed size; 0 for strings, arrays and unknown types. */
unsigned gguf_type_bytes(uint32_t type);

static inline uint32_t gguf_load_u32(const uint8_t *p) {
    uint32_t v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t gguf_load_u64(const uint8_t *p) {
    uint64_t v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

/* A name out of a file, fit to print: ASCII only, cut at 80 characters. */
struct printable_name {
    char text[84];
};
struct printable_name gguf_printable(struct text_view name);

#endif
