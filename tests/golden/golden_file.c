#include "tests/golden/golden_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { VERSION = 1 };

void golden_open(struct golden_file *self, const char *name, const char *magic) {
    char path[1024];
    snprintf(path, sizeof path, "%s/tests/golden/%s", AERIE_SOURCE_DIR, name);
    *self = (struct golden_file){0};
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail_msg("cannot open %s", path);
    fseek(file, 0, SEEK_END);
    self->length = (size_t)ftell(file);
    rewind(file);
    self->bytes = malloc(self->length);
    assert_non_null(self->bytes);
    assert_int_equal(fread(self->bytes, 1, self->length, file), self->length);
    fclose(file);
    assert_memory_equal(golden_take(self, 8), magic, 8);
    assert_int_equal(golden_u32(self), VERSION);
}

void golden_close(struct golden_file *self) {
    free(self->bytes);
    self->bytes = NULL;
}

const void *golden_take(struct golden_file *self, size_t n) {
    if (n > self->length - self->at) fail_msg("a golden file ends early, at byte %zu", self->at);
    self->at += n;
    return self->bytes + self->at - n;
}

uint32_t golden_u32(struct golden_file *self) {
    uint32_t value;
    memcpy(&value, golden_take(self, sizeof value), sizeof value);
    return value;
}

uint64_t golden_u64(struct golden_file *self) {
    uint64_t value;
    memcpy(&value, golden_take(self, sizeof value), sizeof value);
    return value;
}

double golden_f64(struct golden_file *self) {
    double value;
    memcpy(&value, golden_take(self, sizeof value), sizeof value);
    return value;
}

static void *copy(struct golden_file *self, size_t bytes) {
    void *out = malloc(bytes);
    assert_non_null(out);
    memcpy(out, golden_take(self, bytes), bytes);
    return out;
}

int32_t *golden_ints(struct golden_file *self, size_t n) {
    return copy(self, n * 4);
}

float *golden_floats(struct golden_file *self, size_t n) {
    return copy(self, n * 4);
}

uint64_t golden_hash(const void *bytes, size_t n) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i + 8 <= n; i += 8) {
        uint64_t word;
        memcpy(&word, (const char *)bytes + i, 8);
        hash = (hash ^ word) * 0x100000001b3u;
    }
    return hash;
}
