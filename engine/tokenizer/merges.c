#include "engine/tokenizer/merges.h"

#include <stdlib.h>
#include <string.h>

/* ---- the table ------------------------------------------------------------------------------ */

void merge_table_free(struct merge_table *self) {
    free(self->slots);
    *self = (struct merge_table){0};
}

static uint64_t pair_of(int32_t left, int32_t right) {
    return (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
}

static struct merge_slot *slot_for(const struct merge_table *self, uint64_t pair) {
    size_t mask = self->n_slots - 1;
    size_t at = (size_t)((pair ^ pair >> 32) * 0x9E3779B97F4A7C15u >> 32) & mask;
    while (self->slots[at].rank != MERGE_NO_RANK && self->slots[at].pair != pair)
        at = (at + 1) & mask;
    return &self->slots[at];
}

static bool grow(struct merge_table *self, struct error *err) {
    struct merge_table bigger = {.n_slots = self->n_slots ? self->n_slots * 2 : 64};
    bigger.slots = calloc(bigger.n_slots, sizeof *bigger.slots);
    if (!bigger.slots) return error_set(err, ERROR_MEMORY, "no memory for the vocabulary's merges");
    for (size_t i = 0; i < bigger.n_slots; i++)
        bigger.slots[i].rank = MERGE_NO_RANK;
    for (size_t i = 0; i < self->n_slots; i++)
        if (self->slots[i].rank != MERGE_NO_RANK)
            *slot_for(&bigger, self->slots[i].pair) = self->slots[i];
    bigger.n_used = self->n_used;
    merge_table_free(self);
    *self = bigger;
    return true;
}

bool merge_table_add(struct merge_table *self, int32_t left, int32_t right, uint32_t rank,
                     int32_t product, struct error *err) {
    if (self->n_used * 2 >= self->n_slots && !grow(self, err)) return false;
    struct merge_slot *slot = slot_for(self, pair_of(left, right));
    if (slot->rank != MERGE_NO_RANK) return true;
    *slot = (struct merge_slot){pair_of(left, right), rank, product};
    self->n_used++;
    return true;
}

static uint32_t find(const struct merge_table *self, int32_t left, int32_t right,
                     int32_t *product) {
    if (left < 0 || right < 0) return MERGE_NO_RANK;
    const struct merge_slot *slot = slot_for(self, pair_of(left, right));
    *product = slot->product;
    return slot->rank;
}

/* ---- short words: look at every pair again after each merge ------------------------------------
 */

/* Nearly every word is this short, and then the quadratic way is the quickest. */
enum { SHORT_WORD = 32 };

static size_t merge_short(const struct merge_table *table, int32_t *symbols, size_t n) {
    uint32_t ranks[SHORT_WORD]; /* of the pair (i, i + 1) */
    int32_t products[SHORT_WORD];
    for (size_t i = 0; i + 1 < n; i++)
        ranks[i] = find(table, symbols[i], symbols[i + 1], &products[i]);

    while (n > 1) {
        size_t best = 0;
        for (size_t i = 1; i + 1 < n; i++)
            if (ranks[i] < ranks[best]) best = i;
        if (ranks[best] == MERGE_NO_RANK) break;

        symbols[best] = products[best];
        n--;
        for (size_t i = best + 1; i < n; i++) {
            symbols[i] = symbols[i + 1];
            ranks[i - 1] = ranks[i];
            products[i - 1] = products[i];
        }
        if (best + 1 < n)
            ranks[best] = find(table, symbols[best], symbols[best + 1], &products[best]);
        if (best > 0)
            ranks[best - 1] = find(table, symbols[best - 1], symbols[best], &products[best - 1]);
    }
    return n;
}

/* ---- long words: a linked list and a priority queue ------------------------------------------ */

struct merge_node {
    uint32_t previous, next; /* neighbours that are still there; END beyond the word */
    uint32_t rank; /* of the pair with the next one; MERGE_NO_RANK: none, or merged away */
    int32_t product;
};

#define END UINT32_MAX

void merge_scratch_free(struct merge_scratch *self) {
    free(self->nodes);
    free(self->queue);
    *self = (struct merge_scratch){0};
}

/* A 4-ary min-heap of rank << 32 | position: the lowest rank, the leftmost of equals. An entry
 * whose pair has changed since is stale and skipped when it comes up. */
struct heap {
    uint64_t *entries;
    size_t n;
};

static void sift_down(struct heap *self, size_t at) {
    uint64_t entry = self->entries[at];
    for (;;) {
        size_t child = at * 4 + 1;
        if (child >= self->n) break;
        size_t last = child + 4 < self->n ? child + 4 : self->n, best = child;
        for (size_t i = child + 1; i < last; i++)
            if (self->entries[i] < self->entries[best]) best = i;
        if (self->entries[best] >= entry) break;
        self->entries[at] = self->entries[best];
        at = best;
    }
    self->entries[at] = entry;
}

static void heap_push(struct heap *self, uint64_t entry) {
    size_t at = self->n++;
    while (at > 0 && self->entries[(at - 1) / 4] > entry) {
        self->entries[at] = self->entries[(at - 1) / 4];
        at = (at - 1) / 4;
    }
    self->entries[at] = entry;
}

static uint64_t heap_pop(struct heap *self) {
    uint64_t top = self->entries[0];
    self->entries[0] = self->entries[--self->n];
    if (self->n > 0) sift_down(self, 0);
    return top;
}

/* Room for a word of n symbols. The queue starts with n - 1 pairs at most, and each of at most
 * n - 1 merges takes one entry out and puts two in. */
static bool reserve(struct merge_scratch *self, size_t n, struct error *err) {
    if (n >= END || n > SIZE_MAX / 2 / sizeof *self->nodes)
        return error_set(err, ERROR_MEMORY, "a word of %zu symbols is too long", n);
    if (n > self->n_nodes) {
        struct merge_node *nodes = realloc(self->nodes, n * sizeof *nodes);
        if (!nodes) goto no_memory;
        self->nodes = nodes;
        self->n_nodes = n;
    }
    if (n * 2 > self->n_queue) {
        uint64_t *queue = realloc(self->queue, n * 2 * sizeof *queue);
        if (!queue) goto no_memory;
        self->queue = queue;
        self->n_queue = n * 2;
    }
    return true;
no_memory:
    return error_set(err, ERROR_MEMORY, "no memory to merge a word of %zu symbols", n);
}

static uint64_t entry_for(const struct merge_node *nodes, uint32_t at) {
    return (uint64_t)nodes[at].rank << 32 | at;
}

static bool merge_long(const struct merge_table *table, struct merge_scratch *scratch,
                       int32_t *symbols, size_t *n, struct error *err) {
    if (!reserve(scratch, *n, err)) return false;
    struct merge_node *nodes = scratch->nodes;
    struct heap heap = {.entries = scratch->queue};
    uint32_t end = (uint32_t)*n;

    for (uint32_t i = 0; i < end; i++) {
        struct merge_node *node = &nodes[i];
        node->previous = i == 0 ? END : i - 1;
        node->next = i + 1 == end ? END : i + 1;
        node->rank = MERGE_NO_RANK;
        if (node->next == END) continue;
        node->rank = find(table, symbols[i], symbols[i + 1], &node->product);
        if (node->rank != MERGE_NO_RANK) heap.entries[heap.n++] = entry_for(nodes, i);
    }
    for (size_t i = heap.n / 4 + 1; i-- > 0;)
        if (i < heap.n) sift_down(&heap, i);

    while (heap.n > 0) {
        uint64_t entry = heap_pop(&heap);
        uint32_t left = (uint32_t)entry;
        if (nodes[left].rank != entry >> 32) continue;

        uint32_t right = nodes[left].next;
        symbols[left] = nodes[left].product;
        nodes[right].rank = MERGE_NO_RANK;
        nodes[left].next = nodes[right].next;
        nodes[left].rank = MERGE_NO_RANK;
        if (nodes[left].next != END) {
            nodes[nodes[left].next].previous = left;
            nodes[left].rank =
                find(table, symbols[left], symbols[nodes[left].next], &nodes[left].product);
            if (nodes[left].rank != MERGE_NO_RANK) heap_push(&heap, entry_for(nodes, left));
        }
        uint32_t before = nodes[left].previous;
        if (before != END) {
            nodes[before].rank =
                find(table, symbols[before], symbols[left], &nodes[before].product);
            if (nodes[before].rank != MERGE_NO_RANK) heap_push(&heap, entry_for(nodes, before));
        }
    }

    size_t kept = 0;
    for (uint32_t i = 0; i != END; i = nodes[i].next)
        symbols[kept++] = symbols[i];
    *n = kept;
    return true;
}

bool merge_symbols(const struct merge_table *table, struct merge_scratch *scratch, int32_t *symbols,
                   size_t *n, struct error *err) {
    if (*n < 2 || table->n_slots == 0) return true;
    if (*n > SHORT_WORD) return merge_long(table, scratch, symbols, n, err);
    *n = merge_short(table, symbols, *n);
    return true;
}
