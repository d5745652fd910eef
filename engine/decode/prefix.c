#include "engine/decode/prefix.h"

#include <stdlib.h>
#include <string.h>

bool prefix_init(struct prefix *self, uint32_t capacity, struct error *err) {
    *self = (struct prefix){.capacity = capacity};
    self->tokens = malloc(sizeof *self->tokens * (capacity ? (size_t)capacity : 1));
    if (self->tokens != NULL) return true;
    self->capacity = 0;
    return error_set(err, ERROR_MEMORY, "no memory for a sequence of %u tokens", capacity);
}

void prefix_release(struct prefix *self) {
    free(self->tokens);
    *self = (struct prefix){0};
}

uint32_t prefix_match(const struct prefix *self, const int32_t *tokens, size_t n) {
    uint32_t same = 0;
    while (same < self->length && same < n && self->tokens[same] == tokens[same])
        same++;
    return same;
}

void prefix_truncate(struct prefix *self, uint32_t length) {
    if (length < self->length) self->length = length;
}

void prefix_append(struct prefix *self, const int32_t *tokens, uint32_t n) {
    uint32_t room = self->capacity - self->length;
    if (n > room) n = room;
    if (n > 0) memcpy(self->tokens + self->length, tokens, sizeof *tokens * n);
    self->length += n;
}
