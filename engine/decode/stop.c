#include "engine/decode/stop.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A node stands for a beginning of one or more stop strings; node 0 for the empty one. */
struct node {
    uint32_t first_child, next_sibling; /* 0: none */
    uint32_t fail;                      /* the longest proper suffix that is a node, too */
    uint32_t depth;                     /* bytes it stands for */
    uint32_t match; /* length of the longest stop string it ends with, 0 if none */
    uint8_t byte;   /* its last byte */
};

struct stop {
    struct node *nodes;
    uint32_t n_nodes;
    uint32_t state; /* the longest suffix of the text that begins a stop string */
    char *buffer;   /* [capacity] bytes passed on by the last call, then the bytes held back */
    size_t passed, held, capacity;
};

/* ---- the automaton --------------------------------------------------------------------------- */

static uint32_t child(const struct stop *self, uint32_t node, uint8_t byte) {
    uint32_t at = self->nodes[node].first_child;
    while (at != 0 && self->nodes[at].byte != byte)
        at = self->nodes[at].next_sibling;
    return at;
}

static uint32_t follow(const struct stop *self, uint32_t node, uint8_t byte) {
    for (;;) {
        uint32_t next = child(self, node, byte);
        if (next != 0 || node == 0) return next;
        node = self->nodes[node].fail;
    }
}

static void add_string(struct stop *self, const char *string) {
    uint32_t at = 0;
    for (const char *c = string; *c != '\0'; c++) {
        uint32_t next = child(self, at, (uint8_t)*c);
        if (next == 0) {
            next = self->n_nodes++;
            self->nodes[next] = (struct node){.byte = (uint8_t)*c,
                                              .depth = self->nodes[at].depth + 1,
                                              .next_sibling = self->nodes[at].first_child};
            self->nodes[at].first_child = next;
        }
        at = next;
    }
    self->nodes[at].match = self->nodes[at].depth;
}

/* Breadth first, since a node's fail link leads to a shallower node. */
static bool link_failures(struct stop *self, struct error *err) {
    uint32_t *queue = malloc(sizeof *queue * self->n_nodes);
    if (queue == NULL) return error_set(err, ERROR_MEMORY, "no memory for stop strings");
    uint32_t n = 0;
    queue[n++] = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t parent = queue[i];
        for (uint32_t at = self->nodes[parent].first_child; at != 0;
             at = self->nodes[at].next_sibling) {
            struct node *node = &self->nodes[at];
            if (parent != 0) node->fail = follow(self, self->nodes[parent].fail, node->byte);
            if (node->match == 0) node->match = self->nodes[node->fail].match;
            queue[n++] = at;
        }
    }
    free(queue);
    return true;
}

struct stop *stop_create(const char *const *strings, size_t n, struct error *err) {
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(strings[i]);
        if (length == 0) {
            error_set(err, ERROR_ARGUMENT, "stop string %zu is empty", i + 1);
            return NULL;
        }
        bytes += length;
    }
    if (bytes >= UINT32_MAX / sizeof(struct node)) {
        error_set(err, ERROR_MEMORY, "stop strings of %zu bytes are too long", bytes);
        return NULL;
    }
    struct stop *self = calloc(1, sizeof *self);
    if (self != NULL) self->nodes = calloc(bytes + 1, sizeof *self->nodes);
    if (self == NULL || self->nodes == NULL) {
        error_set(err, ERROR_MEMORY, "no memory for stop strings");
        goto fail;
    }
    self->n_nodes = 1;
    for (size_t i = 0; i < n; i++)
        add_string(self, strings[i]);
    if (!link_failures(self, err)) goto fail;
    return self;
fail:
    stop_free(self);
    return NULL;
}

void stop_free(struct stop *self) {
    if (self == NULL) return;
    free(self->nodes);
    free(self->buffer);
    free(self);
}

/* ---- the stream ------------------------------------------------------------------------------ */

/* Drops what the last call passed on and makes room for `more` bytes behind what is held back. */
static bool make_room(struct stop *self, size_t more, struct error *err) {
    if (self->held > 0) memmove(self->buffer, self->buffer + self->passed, self->held);
    self->passed = 0;
    if (self->held + more <= self->capacity) return true;
    size_t capacity = 2 * (self->held + more);
    char *buffer = realloc(self->buffer, capacity);
    if (buffer == NULL) return error_set(err, ERROR_MEMORY, "no memory for generated text");
    self->buffer = buffer;
    self->capacity = capacity;
    return true;
}

bool stop_feed(struct stop *self, const char *bytes, size_t length, struct stop_text *out,
               struct error *err) {
    *out = (struct stop_text){.bytes = ""};
    if (length == 0) return true;
    if (!make_room(self, length, err)) return false;
    memcpy(self->buffer + self->held, bytes, length);
    size_t end = self->held; /* bytes of the buffer the automaton has seen */
    for (size_t i = 0; i < length; i++) {
        self->state = follow(self, self->state, (uint8_t)bytes[i]);
        end++;
        uint32_t match = self->nodes[self->state].match;
        if (match == 0) continue;
        /* The match lies in the buffer: it is a suffix of what the state stands for, and that much
         * was always held back. */
        self->held = 0;
        self->passed = end - match;
        *out = (struct stop_text){self->buffer, self->passed, true};
        return true;
    }
    self->held = self->nodes[self->state].depth;
    self->passed = end - self->held;
    *out = (struct stop_text){self->buffer, self->passed, false};
    return true;
}

void stop_finish(struct stop *self, struct stop_text *out) {
    *out = (struct stop_text){.bytes = "", .length = self->held};
    if (self->held > 0) out->bytes = self->buffer + self->passed;
    self->passed += self->held;
    self->held = 0;
    self->state = 0;
}
