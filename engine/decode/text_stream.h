/* Tokens to the text a consumer sees: bytes, then whole UTF-8 characters, then what no stop string
 * can still claim. */
#ifndef AERIE_ENGINE_DECODE_TEXT_STREAM_H
#define AERIE_ENGINE_DECODE_TEXT_STREAM_H

#include "engine/decode/stop.h"
#include "engine/tokenizer/tokenizer.h"

/* Start from {.tokenizer, .stop, .on_text, .user}, the rest zero; text_stream_release at the end.
 */
struct text_stream {
    const struct tokenizer *tokenizer;                             /* NULL: tokens have no text */
    struct stop *stop;                                             /* borrowed */
    bool (*on_text)(void *user, const char *bytes, size_t length); /* or NULL */
    void *user;

    struct utf8_stream utf8;
    char *characters; /* [capacity] scratch */
    size_t capacity;
};

enum text_outcome {
    TEXT_MORE,          /* go on */
    TEXT_STOP_STRING,   /* a stop string came; everything before it was passed on */
    TEXT_CONSUMER_DONE, /* on_text returned false */
    TEXT_ERROR,         /* ERROR_MEMORY */
};

enum text_outcome text_stream_token(struct text_stream *self, int32_t token, struct error *err);

/* Passes on what was held back for a stop string that did not come. With `ended_by_model`, a
 * character it left unfinished comes out as U+FFFD; otherwise (the tokens ran out in the middle of
 * it) it is dropped. */
enum text_outcome text_stream_finish(struct text_stream *self, bool ended_by_model,
                                     struct error *err);

void text_stream_release(struct text_stream *self);

#endif
