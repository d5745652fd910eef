/* The walk over the header: after it, no number of the file needs to be doubted again. */
#include "engine/model/gguf_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_KEY_BYTES = 65535, /* the specification's own limit */
    MAX_NAME_BYTES = 127,  /* the specification says 64 */
    MAX_ARRAY_DEPTH = 4,
    MIN_ALIGNMENT = 8, /* the specification's; float tensors are read in place */
    DEFAULT_ALIGNMENT = 32,
    MAX_ALIGNMENT = 1 << 16,
};

#define DAMAGED "the file is truncated or damaged; download it again"

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

/* ---- reading ----------------------------------------------------------------------------------
 */

struct reader {
    const uint8_t *bytes;
    uint64_t size, at;
    struct error *err;
};

static uint64_t left(const struct reader *r) {
    return r->size - r->at;
}

static void ends_early(struct reader *r, const char *where) {
    error_set(r->err, ERROR_FORMAT,
              "the header breaks off in %s at byte %" PRIu64 " of %" PRIu64 ": " DAMAGED, where,
              r->at, r->size);
}

static bool read_u32(struct reader *r, uint32_t *out, const char *where) {
    if (left(r) < 4) {
        ends_early(r, where);
        return false;
    }
    *out = gguf_load_u32(r->bytes + r->at);
    r->at += 4;
    return true;
}

static bool read_u64(struct reader *r, uint64_t *out, const char *where) {
    if (left(r) < 8) {
        ends_early(r, where);
        return false;
    }
    *out = gguf_load_u64(r->bytes + r->at);
    r->at += 8;
    return true;
}

static bool read_string(struct reader *r, struct text_view *out, const char *where) {
    uint64_t length;
    if (!read_u64(r, &length, where)) return false;
    if (length > left(r))
        return error_set(r->err, ERROR_FORMAT,
                         "%s at byte %" PRIu64 " claims %" PRIu64
                         " bytes, more than the file has left: " DAMAGED,
                         where, r->at - 8, length);
    *out = (struct text_view){(const char *)r->bytes + r->at, (size_t)length};
    r->at += length;
    return true;
}

/* ---- metadata ---------------------------------------------------------------------------------
 */

static bool skip_bools(struct reader *r, uint64_t n, const char *key) {
    for (uint64_t i = 0; i < n; i++)
        if (r->bytes[r->at + i] > 1)
            return error_set(r->err, ERROR_FORMAT, "key %s holds a boolean of value %u", key,
                             r->bytes[r->at + i]);
    r->at += n;
    return true;
}

/* Steps over n values of a type, checking them on the way. */
static bool skip_values(struct reader *r, uint32_t type, uint64_t n, unsigned depth,
                        const char *key) {
    unsigned width = gguf_type_bytes(type);
    if (width != 0) {
        if (n > left(r) / width) {
            ends_early(r, key);
            return false;
        }
        if (type == GGUF_BOOL) return skip_bools(r, n, key);
        r->at += n * width;
        return true;
    }
    if (type == GGUF_STRING) {
        struct text_view text;
        for (uint64_t i = 0; i < n; i++)
            if (!read_string(r, &text, key)) return false;
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
        if (!read_u32(r, &inner_type, key) || !read_u64(r, &inner_n, key) ||
            !skip_values(r, inner_type, inner_n, depth + 1, key))
            return false;
    }
    return true;
}

static bool read_entry(struct reader *r, uint64_t index, struct gguf_entry *out) {
    char where[48];
    snprintf(where, sizeof where, "the name of key %" PRIu64, index);
    if (!read_string(r, &out->key, where)) return false;
    if (out->key.length == 0 || out->key.length > MAX_KEY_BYTES)
        return error_set(r->err, ERROR_FORMAT, "%s has %zu bytes; 1 to %d are allowed", where,
                         out->key.length, MAX_KEY_BYTES);
    struct printable_name key = gguf_printable(out->key);
    uint32_t type;
    if (!read_u32(r, &type, key.text)) return false;
    out->n = 1;
    out->type = type;
    uint32_t element = type;
    if (type == GGUF_ARRAY && (!read_u32(r, &element, key.text) || !read_u64(r, &out->n, key.text)))
        return false;
    out->element_type = element;
    out->value = r->bytes + r->at;
    return skip_values(r, element, out->n, type == GGUF_ARRAY, key.text);
}

/* Makes room for one more element. Arrays grow with what was really read, never with a count the
 * file claims. */
static void *grow(void *array, size_t n, size_t *capacity, size_t width, struct error *err) {
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

static bool read_entries(struct gguf *self, struct reader *r, uint64_t n) {
    size_t capacity = 0;
    for (uint64_t i = 0; i < n; i++) {
        void *grown =
            grow(self->entries, self->n_entries, &capacity, sizeof *self->entries, r->err);
        if (grown == NULL) return false;
        self->entries = grown;
        if (!read_entry(r, i, &self->entries[self->n_entries])) return false;
        self->n_entries++;
    }
    return true;
}

/* ---- tensors ----------------------------------------------------------------------------------
 */

/* Names of ggml types nothing here reads, for the message. */
static const char *foreign_type_name(uint32_t id) {
    static const struct {
        uint32_t id;
        const char *name;
    } names[] = {
        {4, "Q4_2"},    {5, "Q4_3"},     {9, "Q8_1"},    {10, "Q2_K"},    {11, "Q3_K"},
        {15, "Q8_K"},   {16, "IQ2_XXS"}, {17, "IQ2_XS"}, {18, "IQ3_XXS"}, {19, "IQ1_S"},
        {20, "IQ4_NL"}, {21, "IQ3_S"},   {22, "IQ2_S"},  {23, "IQ4_XS"},  {24, "I8"},
        {25, "I16"},    {26, "I32"},     {27, "I64"},    {28, "F64"},     {29, "IQ1_M"},
        {34, "TQ1_0"},  {35, "TQ2_0"},   {39, "MXFP4"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].id == id) return names[i].name;
    return "unknown";
}

static bool read_shape(struct reader *r, struct gguf_tensor *out, const char *name) {
    if (!read_u32(r, &out->n_dims, name)) return false;
    if (out->n_dims < 1 || out->n_dims > 4)
        return error_set(r->err, ERROR_FORMAT, "tensor %s has %" PRIu32 " dimensions, not 1 to 4",
                         name, out->n_dims);
    for (uint32_t d = 0; d < 4; d++) {
        out->dims[d] = 1;
        if (d >= out->n_dims) continue;
        if (!read_u64(r, &out->dims[d], name)) return false;
        if (out->dims[d] == 0)
            return error_set(r->err, ERROR_FORMAT, "tensor %s has an empty dimension", name);
    }
    return true;
}

static bool read_tensor(struct reader *r, uint64_t index, struct gguf_tensor *out) {
    char where[48];
    snprintf(where, sizeof where, "the name of tensor %" PRIu64, index);
    if (!read_string(r, &out->name, where)) return false;
    if (out->name.length == 0 || out->name.length > MAX_NAME_BYTES)
        return error_set(r->err, ERROR_FORMAT, "%s has %zu bytes; 1 to %d are allowed", where,
                         out->name.length, MAX_NAME_BYTES);
    struct printable_name name = gguf_printable(out->name);
    uint32_t type_id;
    if (!read_shape(r, out, name.text) || !read_u32(r, &type_id, name.text) ||
        !read_u64(r, &out->offset, name.text))
        return false;

    const struct tensor_type_info *type = tensor_type_info(type_id);
    if (type == NULL)
        return error_set(r->err, ERROR_UNSUPPORTED,
                         "tensor %s has type %s (id %" PRIu32
                         "), which cannot be read here; use a file quantised to Q8_0, Q4_0, Q4_1, "
                         "Q5_0, Q5_1, Q4_K, Q5_K or Q6_K",
                         name.text, foreign_type_name(type_id), type_id);
    if (out->dims[0] % type->block_elements != 0)
        return error_set(r->err, ERROR_FORMAT,
                         "tensor %s has rows of %" PRIu64
                         " values, not a multiple of %s's block of %u",
                         name.text, out->dims[0], type->name, type->block_elements);
    uint64_t rows, elements;
    if (__builtin_mul_overflow(out->dims[1], out->dims[2], &rows) ||
        __builtin_mul_overflow(rows, out->dims[3], &rows) ||
        __builtin_mul_overflow(rows, out->dims[0], &elements) || elements > INT64_MAX ||
        __builtin_mul_overflow(elements / type->block_elements, type->block_bytes, &out->bytes) ||
        out->bytes > INT64_MAX)
        return error_set(r->err, ERROR_FORMAT,
                         "tensor %s is %" PRIu64 " x %" PRIu64 " x %" PRIu64 " x %" PRIu64
                         ", larger than any file",
                         name.text, out->dims[0], out->dims[1], out->dims[2], out->dims[3]);
    out->tensor = (struct tensor){.type = type->type, .rows = rows, .cols = out->dims[0]};
    return true;
}

static bool read_tensors(struct gguf *self, struct reader *r, uint64_t n) {
    size_t capacity = 0;
    for (uint64_t i = 0; i < n; i++) {
        void *grown =
            grow(self->tensors, self->n_tensors, &capacity, sizeof *self->tensors, r->err);
        if (grown == NULL) return false;
        self->tensors = grown;
        if (!read_tensor(r, i, &self->tensors[self->n_tensors])) return false;
        self->n_tensors++;
    }
    return true;
}

/* Turns offsets within the data section into offsets within the file, and checks each. */
static bool place_tensors(struct gguf *self, uint64_t header_end, struct error *err) {
    /* header_end < 2^63 (it lies in the file) and the alignment is small: no overflow. */
    uint64_t data = (header_end + self->alignment - 1) & ~(self->alignment - 1);
    for (size_t i = 0; i < self->n_tensors; i++) {
        struct gguf_tensor *tensor = &self->tensors[i];
        struct printable_name name = gguf_printable(tensor->name);
        if (tensor->offset % self->alignment != 0)
            return error_set(err, ERROR_FORMAT,
                             "tensor %s starts at offset %" PRIu64 ", not a multiple of %" PRIu64
                             ": " DAMAGED,
                             name.text, tensor->offset, self->alignment);
        uint64_t start, end;
        if (__builtin_add_overflow(data, tensor->offset, &start) ||
            __builtin_add_overflow(start, tensor->bytes, &end))
            return error_set(err, ERROR_FORMAT,
                             "tensor %s has offset %" PRIu64 ", past the end of the file (%" PRIu64
                             " bytes): " DAMAGED,
                             name.text, tensor->offset, self->size);
        if (end > self->size)
            return error_set(err, ERROR_FORMAT,
                             "tensor %s ends at byte %" PRIu64
                             ", past the end of the file (%" PRIu64 " bytes): " DAMAGED,
                             name.text, end, self->size);
        tensor->offset = start;
        tensor->tensor.data = self->bytes + start;
    }
    return true;
}

/* ---- order ------------------------------------------------------------------------------------
 */

static int compare_entries(const void *a, const void *b, void *user) {
    const struct gguf_entry *entries = user;
    return gguf_compare_names(entries[*(const uint32_t *)a].key, entries[*(const uint32_t *)b].key);
}

static int compare_tensors(const void *a, const void *b, void *user) {
    const struct gguf_tensor *tensors = user;
    return gguf_compare_names(tensors[*(const uint32_t *)a].name,
                              tensors[*(const uint32_t *)b].name);
}

static int compare_offsets(const void *a, const void *b, void *user) {
    const struct gguf_tensor *tensors = user;
    uint64_t x = tensors[*(const uint32_t *)a].offset, y = tensors[*(const uint32_t *)b].offset;
    return (x > y) - (x < y);
}

/* malloc'ed [n]: the indexes 0 .. n-1 in the order of `compare`. */
static uint32_t *sorted(size_t n, int (*compare)(const void *, const void *, void *), void *user,
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

static bool index_entries(struct gguf *self, struct error *err) {
    self->entry_order = sorted(self->n_entries, compare_entries, self->entries, err);
    if (self->entry_order == NULL) return false;
    for (size_t i = 1; i < self->n_entries; i++) {
        struct text_view key = self->entries[self->entry_order[i]].key;
        if (gguf_compare_names(self->entries[self->entry_order[i - 1]].key, key) == 0)
            return error_set(err, ERROR_FORMAT, "key %s is there twice", gguf_printable(key).text);
    }
    return true;
}

static bool index_tensors(struct gguf *self, struct error *err) {
    self->tensor_order = sorted(self->n_tensors, compare_tensors, self->tensors, err);
    if (self->tensor_order == NULL) return false;
    for (size_t i = 1; i < self->n_tensors; i++) {
        struct text_view name = self->tensors[self->tensor_order[i]].name;
        if (gguf_compare_names(self->tensors[self->tensor_order[i - 1]].name, name) == 0)
            return error_set(err, ERROR_FORMAT, "tensor %s is there twice",
                             gguf_printable(name).text);
    }
    return true;
}

/* No two tensors share bytes: an offset that points into another tensor is a damaged one. */
static bool check_overlap(const struct gguf *self, struct error *err) {
    uint32_t *order = sorted(self->n_tensors, compare_offsets, self->tensors, err);
    if (order == NULL) return false;
    bool ok = true;
    for (size_t i = 1; i < self->n_tensors && ok; i++) {
        const struct gguf_tensor *a = &self->tensors[order[i - 1]], *b = &self->tensors[order[i]];
        if (a->offset + a->bytes > b->offset)
            ok = error_set(err, ERROR_FORMAT, "tensors %s and %s overlap: " DAMAGED,
                           gguf_printable(a->name).text, gguf_printable(b->name).text);
    }
    free(order);
    return ok;
}

/* ---- the file ---------------------------------------------------------------------------------
 */

static bool read_version(struct reader *r, uint32_t *version) {
    if (left(r) < 4 || memcmp(r->bytes, "GGUF", 4) != 0)
        return error_set(r->err, ERROR_FORMAT,
                         "not a GGUF file (it does not begin with GGUF); give the path of a GGUF");
    r->at = 4;
    if (!read_u32(r, version, "the version")) return false;
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
    struct reader r = {self->bytes, self->size, 0, err};
    uint64_t n_tensors, n_keys;
    if (!read_version(&r, &self->version) || !read_u64(&r, &n_tensors, "the tensor count") ||
        !read_u64(&r, &n_keys, "the key count"))
        return false;
    if (n_keys > left(&r) / KEY_BYTES)
        return error_set(err, ERROR_FORMAT,
                         "the header claims %" PRIu64 " keys, more than %" PRIu64
                         " bytes can hold: " DAMAGED,
                         n_keys, self->size);
    if (n_tensors > left(&r) / TENSOR_BYTES)
        return error_set(err, ERROR_FORMAT,
                         "the header claims %" PRIu64 " tensors, more than %" PRIu64
                         " bytes can hold: " DAMAGED,
                         n_tensors, self->size);
    return read_entries(self, &r, n_keys) && index_entries(self, err) &&
           read_alignment(self, err) && read_tensors(self, &r, n_tensors) &&
           index_tensors(self, err) && place_tensors(self, r.at, err) && check_overlap(self, err);
}
