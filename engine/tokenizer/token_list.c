#include "engine/tokenizer/tokenizer.h"

#include <stdlib.h>

void token_list_free(struct token_list *self) {
    free(self->ids);
    *self = (struct token_list){0};
}

bool token_list_push(struct token_list *self, int32_t id, struct error *err) {
    if (self->length == self->capacity) {
        size_t capacity = self->capacity ? self->capacity + self->capacity / 2 : 64;
        int32_t *ids =
            capacity <= SIZE_MAX / sizeof *ids ? realloc(self->ids, capacity * sizeof *ids) : NULL;
        if (!ids) return error_set(err, ERROR_MEMORY, "no memory for %zu tokens", capacity);
        self->ids = ids;
        self->capacity = capacity;
    }
    self->ids[self->length++] = id;
    return true;
}
