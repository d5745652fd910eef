/* The merging both families share: the pair of neighbouring symbols with the best rank, leftmost on
 * a tie, becomes one symbol, until no pair has a rank (Sennrich et al. 2016). */
#ifndef AERIE_ENGINE_TOKENIZER_MERGES_H
#define AERIE_ENGINE_TOKENIZER_MERGES_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define MERGE_NO_RANK UINT32_MAX

struct merge_slot {
    uint64_t pair; /* left symbol in the high half, right one in the low half */
    uint32_t rank; /* lower merges earlier; MERGE_NO_RANK: a free slot */
    int32_t product;
};

struct merge_table {
    struct merge_slot *slots;
    size_t n_slots; /* a power of two, or 0 while nothing is in it */
    size_t n_used;
};

/* Start from {0}. */
void merge_table_free(struct merge_table *self);

/* left, right >= 0, rank < MERGE_NO_RANK. A pair that is already there keeps its first rank.
 * ERROR_MEMORY. */
bool merge_table_add(struct merge_table *self, int32_t left, int32_t right, uint32_t rank,
                     int32_t product, struct error *err);

/* Working memory of merge_symbols, kept from word to word. Start from {0}. */
struct merge_scratch {
    struct merge_node *nodes;
    uint64_t *queue;
    size_t n_nodes, n_queue; /* what there is room for */
};
void merge_scratch_free(struct merge_scratch *self);

/* Merges symbols[0..*n) in place; *n becomes how many are left. A symbol below 0 merges with
 * nothing. O(n log n). ERROR_MEMORY. */
bool merge_symbols(const struct merge_table *table, struct merge_scratch *scratch, int32_t *symbols,
                   size_t *n, struct error *err);

#endif
