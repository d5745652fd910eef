#include "engine/tokenizer/token_index.h"

#include <stdlib.h>
#include <string.h>

void token_index_free(struct token_index *self) {
    free(self->slots);
    *self = (struct token_index){0};
}

static uint64_t hash_of(struct text_view key) {
    uint64_t hash = 0;
    for (size_t i = 0; i < key.length; i++)
        hash = token_hash_push(hash, key.bytes[i]);
    return hash;
}

/* The slot that holds the key, or the free one where it belongs. There is always a free one. */
static struct token_index_slot *slot_for(const struct token_index *self, uint64_t hash,
                                         struct text_view key) {
    size_t mask = self->n_slots - 1;
    /* The low bits of a polynomial depend on few bytes: fold the high ones in. */
    size_t at = (size_t)((hash ^ hash >> 29) * 0xBF58476D1CE4E5B9u >> 32) & mask;
    for (;; at = (at + 1) & mask) {
        struct token_index_slot *slot = &self->slots[at];
        if (!slot->key.bytes) return slot;
        if (slot->hash == hash && slot->key.length == key.length &&
            memcmp(slot->key.bytes, key.bytes, key.length) == 0)
            return slot;
    }
}

static bool grow(struct token_index *self, struct error *err) {
    struct token_index bigger = {.n_slots = self->n_slots ? self->n_slots * 2 : 64};
    bigger.slots = calloc(bigger.n_slots, sizeof *bigger.slots);
    if (!bigger.slots) return error_set(err, ERROR_MEMORY, "no memory for the vocabulary's index");
    for (size_t i = 0; i < self->n_slots; i++) {
        const struct token_index_slot *old = &self->slots[i];
        if (old->key.bytes) *slot_for(&bigger, old->hash, old->key) = *old;
    }
    bigger.n_used = self->n_used;
    token_index_free(self);
    *self = bigger;
    return true;
}

bool token_index_add(struct token_index *self, struct text_view key, int32_t id,
                     struct error *err) {
    if (self->n_used * 2 >= self->n_slots && !grow(self, err)) return false;
    uint64_t hash = hash_of(key);
    struct token_index_slot *slot = slot_for(self, hash, key);
    if (slot->key.bytes) return true;
    *slot = (struct token_index_slot){.hash = hash, .key = key, .id = id};
    self->n_used++;
    return true;
}

int32_t token_index_find_hashed(const struct token_index *self, uint64_t hash,
                                struct text_view key) {
    if (self->n_slots == 0 || key.length == 0) return -1;
    const struct token_index_slot *slot = slot_for(self, hash, key);
    return slot->key.bytes ? slot->id : -1;
}

int32_t token_index_find(const struct token_index *self, struct text_view key) {
    return token_index_find_hashed(self, hash_of(key), key);
}
