#include "fixture.h"

#include <stdlib.h>
#include <string.h>

struct fixture fixture_of(const char *marked) {
    const char *mark = strchr(marked, '^');
    struct fixture fixture = {strdup(marked), 0, 0};
    if (mark == NULL || fixture.text == NULL) abort();
    fixture.length = strlen(marked) - 1;
    fixture.offset = (size_t)(mark - marked);
    memmove(fixture.text + fixture.offset, mark + 1, fixture.length - fixture.offset + 1);
    return fixture;
}

void fixture_free(struct fixture *self) {
    free(self->text);
    *self = (struct fixture){0};
}
