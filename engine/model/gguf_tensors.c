/* The tensors of a GGUF: their shapes, types and places. */
#include "engine/model/gguf_reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NAME_BYTES = 127 /* the specification says 64 */ };

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

static bool read_shape(struct gguf_reader *r, struct gguf_tensor *out, const char *name) {
    if (!gguf_read_u32(r, &out->n_dims, name)) return false;
    if (out->n_dims < 1 || out->n_dims > 4)
        return error_set(r->err, ERROR_FORMAT, "tensor %s has %" PRIu32 " dimensions, not 1 to 4",
                         name, out->n_dims);
    for (uint32_t d = 0; d < 4; d++) {
        out->dims[d] = 1;
        if (d >= out->n_dims) continue;
        if (!gguf_read_u64(r, &out->dims[d], name)) return false;
        if (out->dims[d] == 0)
            return error_set(r->err, ERROR_FORMAT, "tensor %s has an empty dimension", name);
    }
    return true;
}

static bool read_tensor(struct gguf_reader *r, uint64_t index, struct gguf_tensor *out) {
    char where[48];
    snprintf(where, sizeof where, "the name of tensor %" PRIu64, index);
    if (!gguf_read_string(r, &out->name, where)) return false;
    if (out->name.length == 0 || out->name.length > MAX_NAME_BYTES)
        return error_set(r->err, ERROR_FORMAT, "%s has %zu bytes; 1 to %d are allowed", where,
                         out->name.length, MAX_NAME_BYTES);
    struct printable_name name = gguf_printable(out->name);
    uint32_t type_id;
    if (!read_shape(r, out, name.text) || !gguf_read_u32(r, &type_id, name.text) ||
        !gguf_read_u64(r, &out->offset, name.text))
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

bool gguf_read_tensors(struct gguf *self, struct gguf_reader *r, uint64_t n) {
    size_t capacity = 0;
    for (uint64_t i = 0; i < n; i++) {
        void *grown =
            gguf_grow(self->tensors, self->n_tensors, &capacity, sizeof *self->tensors, r->err);
        if (grown == NULL) return false;
        self->tensors = grown;
        if (!read_tensor(r, i, &self->tensors[self->n_tensors])) return false;
        self->n_tensors++;
    }
    return true;
}

/* Turns offsets within the data section into offsets within the file, and checks each. */
static bool set_offsets(struct gguf *self, uint64_t header_end, struct error *err) {
    /* header_end < 2^63 (it lies in the file) and the alignment is small: no overflow. */
    uint64_t data = (header_end + self->alignment - 1) & ~(self->alignment - 1);
    for (size_t i = 0; i < self->n_tensors; i++) {
        struct gguf_tensor *tensor = &self->tensors[i];
        struct printable_name name = gguf_printable(tensor->name);
        if (tensor->offset % self->alignment != 0)
            return error_set(err, ERROR_FORMAT,
                             "tensor %s starts at offset %" PRIu64 ", not a multiple of %" PRIu64
                             ": " GGUF_DAMAGED,
                             name.text, tensor->offset, self->alignment);
        uint64_t start, end;
        if (__builtin_add_overflow(data, tensor->offset, &start) ||
            __builtin_add_overflow(start, tensor->bytes, &end))
            return error_set(err, ERROR_FORMAT,
                             "tensor %s has offset %" PRIu64 ", past the end of the file (%" PRIu64
                             " bytes): " GGUF_DAMAGED,
                             name.text, tensor->offset, self->size);
        if (end > self->size)
            return error_set(err, ERROR_FORMAT,
                             "tensor %s ends at byte %" PRIu64
                             ", past the end of the file (%" PRIu64 " bytes): " GGUF_DAMAGED,
                             name.text, end, self->size);
        tensor->offset = start;
        tensor->tensor.data = self->bytes + start;
    }
    return true;
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

static bool index_tensors(struct gguf *self, struct error *err) {
    self->tensor_order = gguf_sorted(self->n_tensors, compare_tensors, self->tensors, err);
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
    uint32_t *order = gguf_sorted(self->n_tensors, compare_offsets, self->tensors, err);
    if (order == NULL) return false;
    bool ok = true;
    for (size_t i = 1; i < self->n_tensors && ok; i++) {
        const struct gguf_tensor *a = &self->tensors[order[i - 1]], *b = &self->tensors[order[i]];
        if (a->offset + a->bytes > b->offset)
            ok = error_set(err, ERROR_FORMAT, "tensors %s and %s overlap: " GGUF_DAMAGED,
                           gguf_printable(a->name).text, gguf_printable(b->name).text);
    }
    free(order);
    return ok;
}

bool gguf_place_tensors(struct gguf *self, uint64_t header_end, struct error *err) {
    return index_tensors(self, err) && set_offsets(self, header_end, err) &&
           check_overlap(self, err);
}
