#include "engine/model/gguf_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

unsigned gguf_type_bytes(uint32_t type) {
    switch (type) {
    case GGUF_UINT8:
    case GGUF_INT8:
    case GGUF_BOOL:
        return 1;
    case GGUF_UINT16:
    case GGUF_INT16:
        return 2;
    case GGUF_UINT32:
    case GGUF_INT32:
    case GGUF_FLOAT32:
        return 4;
    case GGUF_UINT64:
    case GGUF_INT64:
    case GGUF_FLOAT64:
        return 8;
    default:
        return 0;
    }
}

int gguf_compare_names(struct text_view a, struct text_view b) {
    if (a.length != b.length) return a.length < b.length ? -1 : 1;
    return memcmp(a.bytes, b.bytes, a.length);
}

struct printable_name gguf_printable(struct text_view name) {
    struct printable_name out;
    size_t n = name.length < 80 ? name.length : 80;
    for (size_t i = 0; i < n; i++) {
        char c = name.bytes[i];
        out.text[i] = c >= 0x20 && c < 0x7f ? c : '?';
    }
    strcpy(out.text + n, name.length > 80 ? "..." : "");
    return out;
}

void gguf_ends_early(struct gguf_reader *r, const char *where) {
    error_set(r->err, ERROR_FORMAT,
              "the header breaks off in %s at byte %" PRIu64 " of %" PRIu64 ": " GGUF_DAMAGED,
              where, r->at, r->size);
}

bool gguf_read_u32(struct gguf_reader *r, uint32_t *out, const char *where) {
    if (gguf_left(r) < 4) {
        gguf_ends_early(r, where);
        return false;
    }
    *out = gguf_load_u32(r->bytes + r->at);
    r->at += 4;
    return true;
}

bool gguf_read_u64(struct gguf_reader *r, uint64_t *out, const char *where) {
    if (gguf_left(r) < 8) {
        gguf_ends_early(r, where);
        return false;
    }
    *out = gguf_load_u64(r->bytes + r->at);
    r->at += 8;
    return true;
}

bool gguf_read_string(struct gguf_reader *r, struct text_view *out, const char *where) {
    uint64_t length;
    if (!gguf_read_u64(r, &length, where)) return false;
    if (length > gguf_left(r))
        return error_set(r->err, ERROR_FORMAT,
                         "%s at byte %" PRIu64 " claims %" PRIu64
                         " bytes, more than the file has left: " GGUF_DAMAGED,
                         where, r->at - 8, length);
    *out = (struct text_view){(const char *)r->bytes + r->at, (size_t)length};
    r->at += length;
    return true;
}

void *gguf_grow(void *array, size_t n, size_t *capacity, size_t width, struct error *err) {
    if (n < *capacity) return array;
    size_t wanted = *capacity == 0 ? 64 : *capacity * 2;
    void *grown = NULL;
    if (wanted <= UINT32_MAX && wanted <= SIZE_MAX / width) grown = realloc(array, wanted * width);
    if (grown == NULL)
        error_set(err, ERROR_MEMORY, "not enough memory for the header");
    else
        *capacity = wanted;
    return grown;
}

uint32_t *gguf_sorted(size_t n, int (*compare)(const void *, const void *, void *), void *user,
                      struct error *err) {
    uint32_t *order = malloc((n == 0 ? 1 : n) * sizeof *order);
    if (order == NULL) {
        error_set(err, ERROR_MEMORY, "not enough memory for the header");
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    qsort_r(order, n, sizeof *order, compare, user);
    return order;
}
