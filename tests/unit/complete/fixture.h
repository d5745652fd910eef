/* A text with `^` where the cursor is. */
#ifndef AERIE_TESTS_FIXTURE_H
#define AERIE_TESTS_FIXTURE_H

#include <stddef.h>

struct fixture {
    char *text; /* malloc'ed, without the `^` */
    size_t length, offset;
};

/* Aborts where there is no `^` or no memory. */
struct fixture fixture_of(const char *marked);
void fixture_free(struct fixture *self);

#endif
