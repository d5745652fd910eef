/* Steps through the header of a GGUF, never past its end. Used by the parser alone. */
#ifndef AERIE_ENGINE_MODEL_GGUF_READER_H
#define AERIE_ENGINE_MODEL_GGUF_READER_H

#include "engine/model/gguf_internal.h"

/* What a message about lost or changed bytes ends with. */
#define GGUF_DAMAGED "the file is truncated or damaged; download it again"

struct gguf_reader {
    const uint8_t *bytes;
    uint64_t size, at; /* at <= size */
    struct error *err;
};

static inline uint64_t gguf_left(const struct gguf_reader *r) {
    return r->size - r->at;
}

/* Sets ERROR_FORMAT: the header breaks off in `where`. */
void gguf_ends_early(struct gguf_reader *r, const char *where);

/* Each reads one value and steps over it. False if the file ends before; `where` names the place.
 */
bool gguf_read_u32(struct gguf_reader *r, uint32_t *out, const char *where);
bool gguf_read_u64(struct gguf_reader *r, uint64_t *out, const char *where);
bool gguf_read_string(struct gguf_reader *r, struct text_view *out, const char *where);

/* The array with room for one more element after its n, grown if need be: by what was really read,
 * never by a count the file claims. NULL (and the old array as it was) without memory. */
void *gguf_grow(void *array, size_t n, size_t *capacity, size_t width, struct error *err);

/* malloc'ed [n]: the indexes 0 .. n-1 in the order of `compare`, which gets two of them and `user`.
 * NULL without memory. */
uint32_t *gguf_sorted(size_t n, int (*compare)(const void *, const void *, void *), void *user,
                      struct error *err);

/* Reads the descriptions of n tensors, and then: indexes them by name, turns their offsets into
 * offsets within the file, and checks that each lies inside it and none in another. */
bool gguf_read_tensors(struct gguf *self, struct gguf_reader *r, uint64_t n);
bool gguf_place_tensors(struct gguf *self, uint64_t header_end, struct error *err);

#endif
