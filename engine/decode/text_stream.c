#include "engine/decode/text_stream.h"

#include <stdint.h>
#include <stdlib.h>

static bool pass_on(struct text_stream *self, const struct stop_text *text) {
    if (self->on_text == NULL || text->length == 0) return true;
    return self->on_text(self->user, text->bytes, text->length);
}

/* The consumer's wish to end goes before a stop string: it has seen enough. */
static enum text_outcome feed(struct text_stream *self, size_t length, struct error *err) {
    struct stop_text text;
    if (!stop_feed(self->stop, self->characters, length, &text, err)) return TEXT_ERROR;
    if (!pass_on(self, &text)) return TEXT_CONSUMER_DONE;
    return text.found ? TEXT_STOP_STRING : TEXT_MORE;
}

static bool reserve(struct text_stream *self, size_t bytes, struct error *err) {
    if (bytes > SIZE_MAX / 4) return error_set(err, ERROR_MEMORY, "a token of %zu bytes", bytes);
    size_t wanted = 3 * bytes + 12; /* utf8_stream_feed's bound */
    if (wanted <= self->capacity) return true;
    char *grown = realloc(self->characters, wanted);
    if (grown == NULL) return error_set(err, ERROR_MEMORY, "no memory for generated text");
    self->characters = grown;
    self->capacity = wanted;
    return true;
}

enum text_outcome text_stream_token(struct text_stream *self, int32_t token, struct error *err) {
    if (self->tokenizer == NULL) return TEXT_MORE;
    struct text_view bytes = tokenizer_bytes(self->tokenizer, token);
    /* A control token has no text, and feeding nothing would mean the end of the text. */
    if (bytes.length == 0) return TEXT_MORE;
    if (!reserve(self, bytes.length, err)) return TEXT_ERROR;
    return feed(self, utf8_stream_feed(&self->utf8, bytes.bytes, bytes.length, self->characters),
                err);
}

enum text_outcome text_stream_finish(struct text_stream *self, bool ended_by_model,
                                     struct error *err) {
    if (ended_by_model && self->utf8.n_pending > 0) {
        if (!reserve(self, 0, err)) return TEXT_ERROR;
        size_t length = utf8_stream_feed(&self->utf8, "", 0, self->characters);
        enum text_outcome outcome = feed(self, length, err);
        if (outcome != TEXT_MORE) return outcome;
    }
    struct stop_text rest;
    stop_finish(self->stop, &rest);
    return pass_on(self, &rest) ? TEXT_MORE : TEXT_CONSUMER_DONE;
}

void text_stream_release(struct text_stream *self) {
    free(self->characters);
    self->characters = NULL;
    self->capacity = 0;
}
