/* What Aerie knows about a language beside its grammar: its names, its files, its comments. */
#ifndef AERIE_LSP_CONTEXT_LANGUAGES_H
#define AERIE_LSP_CONTEXT_LANGUAGES_H

#include <stddef.h>

struct language {
    const char *id;      /* LSP's language id, "python" */
    const char *aliases; /* other ids that clients use, blank-separated */
    const char *files;   /* extensions with their dot and whole file names, blank-separated */
    /* A comment on one line: before + text + after. Both "" where the language has none. */
    const char *comment_before, *comment_after;
};

/* Static; never NULL: a language nobody knows has the id "" and no comments. */
const struct language *language_by_id(const char *id);

/* By the last component of a path, in any case. Static, never NULL. */
const struct language *language_of_path(const char *path);

#endif
