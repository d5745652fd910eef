/* The walk over the header: after it, no number of the file needs to be doubted again. */
#include "engine/model/gguf_reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_KEY_BYTES = 65535, /* the specification's own limit */
    MAX_ARRAY_DEPTH = 4,
    MIN_ALIGNMENT = 8, /* the specification's; float tensors are read in place */
    DEFAULT_ALIGNMENT = 32,
    MAX_ALIGNMENT = 1 << 16,
};

/* ---- metadata -------------------------------------------------------------------------------- */

static bool skip_bools(struct gguf_reader *r, uint64_t n, const char *key) {
    for (uint64_t i = 0; i < n; i++)
        if (r->bytes[r->at + i] > 1)
            return error_set(r->err, ERROR_FORMAT, "key %s holds a boolean of value %u", key,
                             r->bytes[r->at + i]);
    r->at += n;
    return true;
}

/* Steps over n values of a type, checking them on the way. */
static bool skip_values(struct gguf_reader *r, uint32_t type, uint64_t n, unsigned depth,
                        const char *key) {
    unsigned width = gguf_type_bytes(type);
    if (width != 0) {
        if (n > gguf_left(r) / width) {
            gguf_ends_early(r, key);
            return false;
        }
        if (type == GGUF_BOOL) return skip_bools(r, n, key);
        r->at += n * width;
        return true;
    }
    if (type == GGUF_STRING) {
        struct text_view text;
        for (uint64_t i = 0; i < n; i++)
            if (!gguf_read_string(r, &text, key)) return false;
        return true;
    }
    if (type != GGUF_ARRAY)
        return error_set(r->err, ERROR_FORMAT, "key %s has unknown value type %" PRIu32, key, type);
    if (depth >= MAX_ARRAY_DEPTH)
        return error_set(r->err, ERROR_FORMAT, "key %s nests arrays deeper than %d", key,
                         MAX_ARRAY_DEPTH);
    for (uint64_t i = 0; i < n; i++) {
        uint32_t inner_type;
        uint64_t inner_n;
        if (!gguf_read_u32(r, &inner_type, key) || !gguf_read_u64(r, &inner_n, key) ||
            !skip_values(r, inner_type, inner_n, depth + 1, key))
            return false;
    }
    return true;
}

static bool read_entry(struct gguf_reader *r, uint64_t index, struct gguf_entry *out) {
    char where[48];
    snprintf(where, sizeof where, "the name of key %" PRIu64, index);
    if (!gguf_read_string(r, &out->key, where)) return false;
    if (out->key.length == 0 || out->key.length > MAX_KEY_BYTES)
        return error_set(r->err, ERROR_FORMAT, "%s has %zu bytes; 1 to %d are allowed", where,
                         out->key.length, MAX_KEY_BYTES);
    struct printable_name key = gguf_printable(out->key);
    uint32_t type;
    if (!gguf_read_u32(r, &type, key.text)) return false;
    out->n = 1;
    out->type = type;
    uint32_t element = type;
    if (type == GGUF_ARRAY &&
        (!gguf_read_u32(r, &element, key.text) || !gguf_read_u64(r, &out->n, key.text)))
        return false;
    out->element_type = element;
    out->value = r->bytes + r->at;
    return skip_values(r, element, out->n, type == GGUF_ARRAY, key.text);
}

static bool read_entries(struct gguf *self, struct gguf_reader *r, uint64_t n) {
    size_t capacity = 0;
    for (uint64_t i = 0; i < n; i++) {
        void *grown =
            gguf_grow(self->entries, self->n_entries, &capacity, sizeof *self->entries, r->err);
        if (grown == NULL) return false;
        self->entries = grown;
        if (!read_entry(r, i, &self->entries[self->n_entries])) return false;
        self->n_entries++;
    }
    return true;
}

/* ---- order ----------------------------------------------------------------------------------- */

static int compare_entries(const void *a, const void *b, void *user) {
    const struct gguf_entry *entries = user;
    return gguf_compare_names(entries[*(const uint32_t *)a].key, entries[*(const uint32_t *)b].key);
}

static bool index_entries(struct gguf *self, struct error *err) {
    self->entry_order = gguf_sorted(self->n_entries, compare_entries, self->entries, err);
    if (self->entry_order == NULL) return false;
    for (size_t i = 1; i < self->n_entries; i++) {
        struct text_view key = self->entries[self->entry_order[i]].key;
        if (gguf_compare_names(self->entries[self->entry_order[i - 1]].key, key) == 0)
            return error_set(err, ERROR_FORMAT, "key %s is there twice", gguf_printable(key).text);
    }
    return true;
}

/* ---- the file -------------------------------------------------------------------------------- */

static bool read_version(struct gguf_reader *r, uint32_t *version) {
    if (gguf_left(r) < 4 || memcmp(r->bytes, "GGUF", 4) != 0)
        return error_set(r->err, ERROR_FORMAT,
                         "not a GGUF file (it does not begin with GGUF); give the path of a GGUF");
    r->at = 4;
    if (!gguf_read_u32(r, version, "the version")) return false;
    uint32_t swapped = __builtin_bswap32(*version);
    if (swapped >= 1 && swapped <= 0xffff)
        return error_set(r->err, ERROR_UNSUPPORTED,
                         "a big-endian GGUF cannot be read here; use the little-endian file");
    if (*version != 2 && *version != 3)
        return error_set(r->err, ERROR_UNSUPPORTED,
                         "GGUF version %" PRIu32
                         " cannot be read here, only 2 and 3; convert the model again",
                         *version);
    return true;
}

static bool read_alignment(struct gguf *self, struct error *err) {
    self->alignment = DEFAULT_ALIGNMENT;
    if (!gguf_has_key(self, "general.alignment")) return true;
    uint64_t value;
    if (!gguf_find_u64(self, "general.alignment", &value))
        return error_set(err, ERROR_FORMAT, "key general.alignment is not a positive number");
    if (value < MIN_ALIGNMENT || value > MAX_ALIGNMENT || (value & (value - 1)) != 0)
        return error_set(err, ERROR_FORMAT,
                         "key general.alignment is %" PRIu64 ", not a power of two from %d to %d",
                         value, MIN_ALIGNMENT, MAX_ALIGNMENT);
    self->alignment = value;
    return true;
}

bool gguf_parse(struct gguf *self, struct error *err) {
    /* The least a key (8 + 1 + 4 + 1) and a tensor (8 + 1 + 4 + 8 + 4 + 8) take in the file. */
    enum { KEY_BYTES = 14, TENSOR_BYTES = 33 };
    struct gguf_reader r = {self->bytes, self->size, 0, err};
    uint64_t n_tensors, n_keys;
    if (!read_version(&r, &self->version) || !gguf_read_u64(&r, &n_tensors, "the tensor count") ||
        !gguf_read_u64(&r, &n_keys, "the key count"))
        return false;
    if (n_keys > gguf_left(&r) / KEY_BYTES)
        return error_set(err, ERROR_FORMAT,
                         "the header claims %" PRIu64 " keys, more than %" PRIu64
                         " bytes can hold: " GGUF_DAMAGED,
                         n_keys, self->size);
    if (n_tensors > gguf_left(&r) / TENSOR_BYTES)
        return error_set(err, ERROR_FORMAT,
                         "the header claims %" PRIu64 " tensors, more than %" PRIu64
                         " bytes can hold: " GGUF_DAMAGED,
                         n_tensors, self->size);
    return read_entries(self, &r, n_keys) && index_entries(self, err) &&
           read_alignment(self, err) && gguf_read_tensors(self, &r, n_tensors) &&
           gguf_place_tensors(self, r.at, err);
}
