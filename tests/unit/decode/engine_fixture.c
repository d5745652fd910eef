#include "tests/unit/decode/engine_fixture.h"
#include "engine/decode/prng.h"
#include "tests/support/random_gguf.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- files ----------------------------------------------------------------------------------- */

static char folder[PATH_MAX / 2];

static void remove_folder(void) {
    char command[PATH_MAX];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0) fprintf(stderr, "%s stays behind\n", folder);
}

const char *fixture_path(const char *name) {
    static char path[PATH_MAX];
    if (*folder == '\0') {
        const char *temporary = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%s/aerie-engine-XXXXXX", temporary ? temporary : "/tmp");
        if (mkdtemp(folder) == NULL) {
            perror(folder);
            exit(1);
        }
        atexit(remove_folder);
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

const char *tiny_model(void) {
    static char path[PATH_MAX];
    if (*path != '\0') return path;
    const struct random_gguf tiny = {.d_model = 64,
                                     .n_heads = 4,
                                     .n_kv_heads = 2,
                                     .d_ff = 128,
                                     .n_context = TINY_CONTEXT,
                                     .n_vocab = TINY_VOCAB,
                                     .fim = true,
                                     .seed = 5};
    struct error err = ERROR_INIT;
    snprintf(path, sizeof path, "%s", fixture_path("tiny.gguf"));
    if (!random_gguf_write(&tiny, path, &err)) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    return path;
}

struct engine *open_tiny(void) {
    struct error err = ERROR_INIT;
    struct engine_options options = {.model_path = tiny_model(), .backend = "reference"};
    struct engine *engine = engine_open(&options, &err);
    if (engine == NULL) fail_msg("%s", err.message);
    return engine;
}

void tiny_prompt(uint64_t seed, int32_t *tokens, size_t n) {
    struct prng prng;
    prng_seed(&prng, seed);
    for (size_t i = 0; i < n; i++)
        tokens[i] = (int32_t)(prng_next(&prng) % 256);
}

/* ---- outcomes -------------------------------------------------------------------------------- */

void outcome_init(struct outcome *self) {
    memset(self, 0, sizeof *self);
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->changed, NULL);
    self->allowed = UINT_MAX;
}

void outcome_release(struct outcome *self) {
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->mutex);
}

void outcome_allow(struct outcome *self, unsigned pieces) {
    pthread_mutex_lock(&self->mutex);
    self->allowed = pieces == UINT_MAX ? UINT_MAX : self->allowed + pieces;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->mutex);
}

void outcome_wait_pieces(struct outcome *self, unsigned pieces) {
    pthread_mutex_lock(&self->mutex);
    while (self->pieces < pieces)
        pthread_cond_wait(&self->changed, &self->mutex);
    pthread_mutex_unlock(&self->mutex);
}

void outcome_wait_done(struct outcome *self) {
    pthread_mutex_lock(&self->mutex);
    while (self->done == 0)
        pthread_cond_wait(&self->changed, &self->mutex);
    pthread_mutex_unlock(&self->mutex);
}

/* By the table of well-formed byte sequences (Unicode standard, table 3-7). */
bool is_valid_utf8(const char *bytes, size_t length) {
    const unsigned char *at = (const unsigned char *)bytes, *end = at + length;
    while (at < end) {
        unsigned char c = *at++;
        if (c < 0x80) continue;
        int more = c >= 0xc2 && c <= 0xdf ? 1 : c >= 0xe0 && c <= 0xef ? 2 : c <= 0xf4 ? 3 : 0;
        if (c < 0xc2 || more == 0 || end - at < more) return false;
        if ((c == 0xe0 && *at < 0xa0) || (c == 0xed && *at > 0x9f) || (c == 0xf0 && *at < 0x90) ||
            (c == 0xf4 && *at > 0x8f))
            return false;
        for (; more > 0; more--, at++)
            if ((*at & 0xc0) != 0x80) return false;
    }
    return true;
}

bool outcome_on_text(void *user, const char *bytes, size_t length) {
    struct outcome *self = user;
    pthread_mutex_lock(&self->mutex);
    self->pieces++;
    if (length == 0 || !is_valid_utf8(bytes, length)) self->broken_utf8 = true;
    if (self->done > 0) self->text_after_done = true;
    if (self->length + length < sizeof self->text) {
        memcpy(self->text + self->length, bytes, length);
        self->length += length;
    }
    pthread_cond_broadcast(&self->changed);
    while (self->pieces > self->allowed)
        pthread_cond_wait(&self->changed, &self->mutex);
    if (self->pieces == self->cancel_after) {
        while (!self->has_request)
            pthread_cond_wait(&self->changed, &self->mutex);
        engine_cancel(self->request);
    }
    bool more = self->pieces != self->stop_after;
    pthread_mutex_unlock(&self->mutex);
    return more;
}

void outcome_on_done(void *user, const struct engine_result *result) {
    struct outcome *self = user;
    pthread_mutex_lock(&self->mutex);
    self->done++;
    self->result = *result;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->mutex);
}

struct engine_request *outcome_submit(struct outcome *self, struct engine *engine,
                                      struct engine_request_options options, struct error *err) {
    options.on_text = outcome_on_text;
    options.on_done = outcome_on_done;
    options.user = self;
    struct engine_request *request = engine_submit(engine, &options, err);
    pthread_mutex_lock(&self->mutex);
    self->request = request;
    self->has_request = true;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->mutex);
    return request;
}

void run_request(struct engine *engine, struct engine_request_options options,
                 struct outcome *outcome) {
    struct error err = ERROR_INIT;
    struct engine_request *request = outcome_submit(outcome, engine, options, &err);
    if (request == NULL) fail_msg("%s", err.message);
    engine_wait(request);
    engine_request_release(request);
    assert_int_equal(outcome->done, 1);
    assert_false(outcome->broken_utf8);
    assert_false(outcome->text_after_done);
    assert_int_equal(outcome->result.prompt_tokens, options.n_prompt);
    if (outcome->result.finish != FINISH_ERROR)
        assert_int_equal(outcome->result.error.code, ERROR_NONE);
}

void assert_same_outcome(const struct outcome *a, const struct outcome *b) {
    assert_int_equal(a->length, b->length);
    assert_memory_equal(a->text, b->text, a->length);
    assert_int_equal(a->result.finish, b->result.finish);
    assert_int_equal(a->result.completion_tokens, b->result.completion_tokens);
    assert_true(a->result.mean_log_probability == b->result.mean_log_probability);
}
