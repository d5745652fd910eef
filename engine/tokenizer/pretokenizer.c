#include "engine/tokenizer/pretokenizer.h"

#ifdef AERIE_HAVE_PCRE2

#include "engine/tokenizer/utf8.h"

#include <stdint.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct pretokenizer {
    pcre2_code *patterns[PRETOKENIZER_MAX_PATTERNS];
    size_t n_patterns;
    pcre2_match_context *limits;
};

struct pretokenizer *pretokenizer_create(const struct pretokenizer_rules *rules,
                                         struct error *err) {
    struct pretokenizer *self = calloc(1, sizeof *self);
    if (!self) goto no_memory;
    self->limits = pcre2_match_context_create(NULL);
    if (!self->limits) goto no_memory;
    /* PCRE2's limits guard against patterns from outside. These are ours, none of them backtracks
     * more than linearly, and a long run of blanks must not make a text impossible to read. */
    pcre2_set_match_limit(self->limits, UINT32_MAX);
    pcre2_set_depth_limit(self->limits, UINT32_MAX);
    pcre2_set_heap_limit(self->limits, UINT32_MAX);

    for (size_t i = 0; rules->patterns[i]; i++) {
        int code;
        PCRE2_SIZE offset;
        pcre2_code *pattern =
            pcre2_compile((PCRE2_SPTR)rules->patterns[i], PCRE2_ZERO_TERMINATED,
                          PCRE2_UTF | PCRE2_UCP | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C,
                          &code, &offset, NULL);
        if (!pattern) {
            error_set(err, ERROR_UNSUPPORTED,
                      "this PCRE2 cannot compile pre-tokenizer pattern %zu: error %d at %zu", i,
                      code, (size_t)offset);
            goto fail;
        }
        self->patterns[self->n_patterns++] = pattern;
        /* Where memory may not be made executable there is no JIT: slower, otherwise the same. */
        pcre2_jit_compile(pattern, PCRE2_JIT_COMPLETE);
    }
    return self;

no_memory:
    error_set(err, ERROR_MEMORY, "no memory for the pre-tokenizer");
fail:
    pretokenizer_free(self);
    return NULL;
}

void pretokenizer_free(struct pretokenizer *self) {
    if (!self) return;
    for (size_t i = 0; i < self->n_patterns; i++)
        pcre2_code_free(self->patterns[i]);
    pcre2_match_context_free(self->limits);
    free(self);
}

struct split {
    const struct pretokenizer *rules;
    pcre2_match_data *match;
    pretokenizer_sink *sink;
    void *user;
    struct error *err;
};

/* Finds the next match in text[from..length); the text is valid UTF-8. False at the end, or on an
 * error, which is then set in *failed. */
static bool next_match(struct split *self, size_t level, const char *text, size_t length,
                       size_t from, size_t *start, size_t *end, bool *failed) {
    const pcre2_code *pattern = self->rules->patterns[level];
    int result = pcre2_match(pattern, (PCRE2_SPTR)text, length, from, PCRE2_NO_UTF_CHECK,
                             self->match, self->rules->limits);
    /* The JIT's stack is small; the interpreter keeps its own on the heap. */
    if (result == PCRE2_ERROR_JIT_STACKLIMIT)
        result = pcre2_match(pattern, (PCRE2_SPTR)text, length, from,
                             PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, self->match, self->rules->limits);
    if (result == PCRE2_ERROR_NOMATCH) return false;
    if (result < 0) {
        *failed = true;
        return error_set(self->err, ERROR_MEMORY,
                         "PCRE2 cannot cut a text of %zu bytes into words: error %d", length,
                         result);
    }
    const PCRE2_SIZE *bounds = pcre2_get_ovector_pointer(self->match);
    *start = bounds[0];
    *end = bounds[1];
    return *end > *start;
}

/* Cuts one piece with pattern `level` and hands what that leaves to the next level, in order. */
static bool split_piece(struct split *self, size_t level, const char *text, size_t length) {
    if (length == 0) return true;
    if (level == self->rules->n_patterns) return self->sink(self->user, text, length, self->err);

    size_t done = 0, start = 0, end = 0;
    bool failed = false;
    while (done < length && next_match(self, level, text, length, done, &start, &end, &failed)) {
        if (!split_piece(self, level + 1, text + done, start - done)) return false;
        if (!split_piece(self, level + 1, text + start, end - start)) return false;
        done = end;
    }
    return !failed && split_piece(self, level + 1, text + done, length - done);
}

bool pretokenizer_split(const struct pretokenizer *self, const char *text, size_t length,
                        pretokenizer_sink *sink, void *user, struct error *err) {
    struct split split = {.rules = self, .sink = sink, .user = user, .err = err};
    split.match = pcre2_match_data_create(1, NULL);
    if (!split.match) return error_set(err, ERROR_MEMORY, "no memory to cut a text into words");

    bool ok = true;
    for (size_t at = 0; ok && at < length;) {
        size_t valid = utf8_valid_prefix(text + at, length - at);
        ok = split_piece(&split, 0, text + at, valid);
        at += valid;

        size_t invalid = 0;
        while (at + invalid < length) {
            struct utf8_head head = utf8_head(text + at + invalid, length - at - invalid);
            if (head.valid) break;
            invalid += head.length;
        }
        if (ok && invalid > 0) ok = sink(user, text + at, invalid, err);
        at += invalid;
    }
    pcre2_match_data_free(split.match);
    return ok;
}

#else /* no PCRE2 */

struct pretokenizer *pretokenizer_create(const struct pretokenizer_rules *rules,
                                         struct error *err) {
    (void)rules;
    error_set(err, ERROR_UNSUPPORTED,
              "byte-level vocabularies cannot read text in this build: it "
              "was made without PCRE2");
    return NULL;
}

void pretokenizer_free(struct pretokenizer *self) {
    (void)self;
}

bool pretokenizer_split(const struct pretokenizer *self, const char *text, size_t length,
                        pretokenizer_sink *sink, void *user, struct error *err) {
    (void)self, (void)text, (void)length, (void)sink, (void)user;
    return error_set(err, ERROR_UNSUPPORTED,
                     "byte-level vocabularies cannot read text in this "
                     "build: it was made without PCRE2");
}

#endif
