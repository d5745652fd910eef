#include "lsp/document/store.h"

#include <stdlib.h>
#include <string.h>

/* Open addressing with linear probing; removal moves later entries of the run back, so that there
 * are no tombstones. At most three quarters full, a power of two in size. */
struct document_store {
    struct document **slots; /* [capacity], NULL = free */
    size_t capacity, length;
};

enum { INITIAL_CAPACITY = 16 };

/* FNV-1a (Fowler, Noll, Vo). */
static uint64_t hash_of(const char *uri) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *uri != '\0'; uri++)
        hash = (hash ^ (unsigned char)*uri) * 0x100000001b3u;
    return hash;
}

static size_t home_of(const struct document_store *self, const char *uri) {
    return (size_t)(hash_of(uri) & (self->capacity - 1));
}

static size_t slot_of(const struct document_store *self, const char *uri) {
    size_t slot = home_of(self, uri);
    while (self->slots[slot] != NULL && strcmp(document_uri(self->slots[slot]), uri) != 0)
        slot = (slot + 1) & (self->capacity - 1);
    return slot;
}

struct document_store *document_store_create(struct error *err) {
    struct document_store *self = calloc(1, sizeof *self);
    if (self != NULL) {
        self->capacity = INITIAL_CAPACITY;
        self->slots = calloc(self->capacity, sizeof *self->slots);
        if (self->slots != NULL) return self;
    }
    free(self);
    error_set(err, ERROR_MEMORY, "no memory for the table of documents");
    return NULL;
}

void document_store_free(struct document_store *self) {
    if (self == NULL) return;
    for (size_t i = 0; i < self->capacity; i++)
        document_free(self->slots[i]);
    free(self->slots);
    free(self);
}

static bool grow(struct document_store *self, struct error *err) {
    struct document_store bigger = {.capacity = self->capacity * 2, .length = self->length};
    bigger.slots = calloc(bigger.capacity, sizeof *bigger.slots);
    if (bigger.slots == NULL)
        return error_set(err, ERROR_MEMORY, "no memory for the table of documents");
    for (size_t i = 0; i < self->capacity; i++)
        if (self->slots[i] != NULL)
            bigger.slots[slot_of(&bigger, document_uri(self->slots[i]))] = self->slots[i];
    free(self->slots);
    *self = bigger;
    return true;
}

bool document_store_put(struct document_store *self, struct document *document, struct error *err) {
    size_t slot = slot_of(self, document_uri(document));
    if (self->slots[slot] != NULL) {
        if (self->slots[slot] != document) document_free(self->slots[slot]);
        self->slots[slot] = document;
        return true;
    }
    if ((self->length + 1) * 4 > self->capacity * 3) {
        if (!grow(self, err)) return false;
        slot = slot_of(self, document_uri(document));
    }
    self->slots[slot] = document;
    self->length++;
    return true;
}

struct document *document_store_find(const struct document_store *self, const char *uri) {
    return self->slots[slot_of(self, uri)];
}

bool document_store_remove(struct document_store *self, const char *uri) {
    size_t hole = slot_of(self, uri), mask = self->capacity - 1;
    if (self->slots[hole] == NULL) return false;
    document_free(self->slots[hole]);
    for (size_t i = (hole + 1) & mask; self->slots[i] != NULL; i = (i + 1) & mask) {
        /* An entry may fill the hole unless its home lies between the hole and itself. */
        size_t home = home_of(self, document_uri(self->slots[i]));
        if (((i - home) & mask) < ((i - hole) & mask)) continue;
        self->slots[hole] = self->slots[i];
        hole = i;
    }
    self->slots[hole] = NULL;
    self->length--;
    return true;
}

size_t document_store_length(const struct document_store *self) {
    return self->length;
}

struct document *document_store_next(const struct document_store *self, size_t *cursor) {
    while (*cursor < self->capacity) {
        struct document *document = self->slots[(*cursor)++];
        if (document != NULL) return document;
    }
    return NULL;
}
