#include "kernels/batch.h"

#include <stdlib.h>

bool batch_init(struct batch *self, uint32_t capacity, struct error *err) {
    *self = (struct batch){.capacity = capacity};
    self->ids = calloc(capacity, sizeof *self->ids);
    self->positions = calloc(capacity, sizeof *self->positions);
    self->sequences = calloc(capacity, sizeof *self->sequences);
    self->pages = calloc(capacity, sizeof *self->pages);
    self->wanted = calloc(capacity, sizeof *self->wanted);
    if (self->ids != NULL && self->positions != NULL && self->sequences != NULL &&
        self->pages != NULL && self->wanted != NULL)
        return true;
    batch_release(self);
    return error_set(err, ERROR_MEMORY, "not enough memory for a step of %u tokens", capacity);
}

void batch_release(struct batch *self) {
    free(self->ids);
    free(self->positions);
    free(self->sequences);
    free(self->pages);
    free(self->wanted);
    *self = (struct batch){0};
}

static bool check_sequence(const struct step_sequence *sequence, uint32_t index,
                           const struct batch_limits *limits, struct error *err) {
    if (sequence->n_tokens == 0 || sequence->tokens == NULL || sequence->pages == NULL)
        return error_set(err, ERROR_ARGUMENT, "sequence %u of the step has no tokens or no pages",
                         index);
    if (sequence->first_position >= limits->n_context ||
        sequence->n_tokens > limits->n_context - sequence->first_position)
        return error_set(err, ERROR_ARGUMENT,
                         "sequence %u: %u tokens from position %u pass the context of %u", index,
                         sequence->n_tokens, sequence->first_position, limits->n_context);
    for (uint32_t i = 0; i < sequence->n_tokens; i++)
        if (sequence->tokens[i] < 0 || (uint32_t)sequence->tokens[i] >= limits->n_vocab)
            return error_set(err, ERROR_ARGUMENT, "token %d is not in the vocabulary of %u",
                             (int)sequence->tokens[i], limits->n_vocab);
    uint32_t last_page = (sequence->first_position + sequence->n_tokens - 1) / KV_PAGE_TOKENS;
    for (uint32_t i = 0; i <= last_page; i++)
        if (sequence->pages[i] >= limits->n_pages)
            return error_set(err, ERROR_ARGUMENT, "page %u is not in the cache of %u pages",
                             sequence->pages[i], limits->n_pages);
    return true;
}

/* Pages of a sequence that the step writes: [*first, *end) in its table. */
static void written_pages(const struct step_sequence *sequence, uint32_t *first, uint32_t *end) {
    *first = sequence->first_position / KV_PAGE_TOKENS;
    *end = (sequence->first_position + sequence->n_tokens - 1) / KV_PAGE_TOKENS + 1;
}

/* Every written page is written by one sequence at one place of its table, and read by no other. */
static bool check_page_owners(const struct step *step, const struct batch_limits *limits,
                              struct error *err) {
    const uint32_t *page = NULL;
    uint32_t first, end;
    for (uint32_t s = 0; s < step->n_sequences && page == NULL; s++) {
        const uint32_t *pages = step->sequences[s].pages;
        written_pages(&step->sequences[s], &first, &end);
        for (uint32_t i = first; i < end && page == NULL; i++) {
            if (limits->page_marks[pages[i]]) page = &pages[i];
            limits->page_marks[pages[i]] = 1;
        }
    }
    for (uint32_t s = 0; s < step->n_sequences && page == NULL; s++) {
        const uint32_t *pages = step->sequences[s].pages;
        written_pages(&step->sequences[s], &first, &end);
        for (uint32_t i = 0; i < first && page == NULL; i++)
            if (limits->page_marks[pages[i]]) page = &pages[i];
    }
    for (uint32_t s = 0; s < step->n_sequences; s++) {
        written_pages(&step->sequences[s], &first, &end);
        for (uint32_t i = first; i < end; i++)
            limits->page_marks[step->sequences[s].pages[i]] = 0;
    }
    return page == NULL ||
           error_set(err, ERROR_ARGUMENT,
                     "page %u is written by the step and used in another place too", *page);
}

bool batch_fill(struct batch *self, const struct step *step, const struct batch_limits *limits,
                struct error *err) {
    self->n_tokens = self->n_wanted = 0;
    if (step->n_sequences == 0 || step->sequences == NULL)
        return error_set(err, ERROR_ARGUMENT, "a step needs at least one sequence");
    for (uint32_t s = 0; s < step->n_sequences; s++) {
        const struct step_sequence *sequence = &step->sequences[s];
        if (!check_sequence(sequence, s, limits, err)) return false;
        if (sequence->n_tokens > self->capacity - self->n_tokens)
            return error_set(err, ERROR_ARGUMENT, "a step takes at most %u tokens", self->capacity);
        for (uint32_t i = 0; i < sequence->n_tokens; i++) {
            uint32_t t = self->n_tokens++;
            self->ids[t] = sequence->tokens[i];
            self->positions[t] = sequence->first_position + i;
            self->sequences[t] = s;
            self->pages[t] = sequence->pages;
            bool wants = step->wants_logits != NULL ? step->wants_logits[t] != 0
                                                    : i + 1 == sequence->n_tokens;
            if (wants) self->wanted[self->n_wanted++] = t;
        }
    }
    return check_page_owners(step, limits, err);
}
