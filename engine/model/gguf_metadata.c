#include "engine/model/gguf_internal.h"

#include <stdlib.h>
#include <string.h>

size_t gguf_n_keys(const struct gguf *self) {
    return self->n_entries;
}

struct text_view gguf_key(const struct gguf *self, size_t index) {
    return self->entries[index].key;
}

enum gguf_type gguf_key_type(const struct gguf *self, size_t index) {
    return self->entries[index].type;
}

const struct gguf_entry *gguf_find_entry(const struct gguf *self, const char *key, size_t length) {
    struct text_view wanted = {key, length};
    size_t low = 0, high = self->n_entries;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct gguf_entry *entry = &self->entries[self->entry_order[middle]];
        int order = gguf_compare_names(entry->key, wanted);
        if (order == 0) return entry;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const struct gguf_entry *find(const struct gguf *self, const char *key) {
    return gguf_find_entry(self, key, strlen(key));
}

bool gguf_has_key(const struct gguf *self, const char *key) {
    return find(self, key) != NULL;
}

/* A signed number that may become an unsigned one. */
static bool non_negative(int64_t value, uint64_t *out) {
    if (value < 0) return false;
    *out = (uint64_t)value;
    return true;
}

bool gguf_find_u64(const struct gguf *self, const char *key, uint64_t *out) {
    const struct gguf_entry *entry = find(self, key);
    if (entry == NULL) return false;
    const uint8_t *p = entry->value;
    uint16_t two;
    switch (entry->type) {
    case GGUF_UINT8:
        *out = *p;
        return true;
    case GGUF_INT8:
        return non_negative((int8_t)*p, out);
    case GGUF_UINT16:
        memcpy(&two, p, 2);
        *out = two;
        return true;
    case GGUF_INT16:
        memcpy(&two, p, 2);
        return non_negative((int16_t)two, out);
    case GGUF_UINT32:
        *out = gguf_load_u32(p);
        return true;
    case GGUF_INT32:
        return non_negative((int32_t)gguf_load_u32(p), out);
    case GGUF_UINT64:
        *out = gguf_load_u64(p);
        return true;
    case GGUF_INT64:
        return non_negative((int64_t)gguf_load_u64(p), out);
    default:
        return false;
    }
}

bool gguf_find_f32(const struct gguf *self, const char *key, float *out) {
    const struct gguf_entry *entry = find(self, key);
    if (entry == NULL) return false;
    if (entry->type == GGUF_FLOAT32) {
        memcpy(out, entry->value, 4);
        return true;
    }
    if (entry->type != GGUF_FLOAT64) return false;
    double wide;
    memcpy(&wide, entry->value, 8);
    /* A conversion out of float's range would be undefined. NaN and infinities pass. */
    if (wide - wide == 0 && (wide > 3.4028234e38 || wide < -3.4028234e38)) return false;
    *out = (float)wide;
    return true;
}

bool gguf_find_bool(const struct gguf *self, const char *key, bool *out) {
    const struct gguf_entry *entry = find(self, key);
    if (entry == NULL || entry->type != GGUF_BOOL) return false;
    *out = *entry->value != 0;
    return true;
}

bool gguf_find_string(const struct gguf *self, const char *key, struct text_view *out) {
    const struct gguf_entry *entry = find(self, key);
    if (entry == NULL || entry->type != GGUF_STRING) return false;
    out->length = (size_t)gguf_load_u64(entry->value);
    out->bytes = (const char *)entry->value + 8;
    return true;
}

bool gguf_find_strings(const struct gguf *self, const char *key, struct text_view **out,
                       size_t *n_out, struct error *err) {
    const struct gguf_entry *entry = find(self, key);
    if (entry == NULL || entry->type != GGUF_ARRAY || entry->element_type != GGUF_STRING)
        return error_set(err, ERROR_FORMAT, "the file has no list of strings %s", key);
    /* Each string takes at least 8 bytes of the file, so n is within bounds. */
    size_t n = (size_t)entry->n;
    struct text_view *views = malloc((n == 0 ? 1 : n) * sizeof *views);
    if (views == NULL)
        return error_set(err, ERROR_MEMORY, "not enough memory for the %zu strings of %s", n, key);
    const uint8_t *p = entry->value;
    for (size_t i = 0; i < n; i++) {
        views[i].length = (size_t)gguf_load_u64(p);
        views[i].bytes = (const char *)p + 8;
        p += 8 + views[i].length;
    }
    *out = views;
    *n_out = n;
    return true;
}

bool gguf_find_array(const struct gguf *self, const char *key, enum gguf_type type,
                     const void **out, size_t *n_out) {
    const struct gguf_entry *entry = find(self, key);
    if (entry == NULL || entry->type != GGUF_ARRAY || entry->element_type != type ||
        gguf_type_bytes(type) == 0)
        return false;
    *out = entry->value;
    *n_out = (size_t)entry->n;
    return true;
}
