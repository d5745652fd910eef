/* One bar of the client's: window/workDoneProgress. Silent where the client shows none. */
#ifndef AERIE_LSP_SERVER_PROGRESS_H
#define AERIE_LSP_SERVER_PROGRESS_H

#include "lsp/rpc/connection.h"

/* Embedded in its owner, zeroed at first; outlives the connection. */
struct progress {
    struct connection *connection;
    char token[32];
    unsigned serial; /* bars begun so far */
    bool wanted;     /* progress_begin was called, progress_end was not */
    bool begun;      /* the client knows about it */
    int percent;     /* last told */
    char title[80], text[160];
};

/* Asks the client for a bar and fills it as soon as there is one. */
void progress_begin(struct progress *self, struct connection *connection, const char *title,
                    const char *text);
void progress_report(struct progress *self, float fraction);
void progress_end(struct progress *self, const char *text);

#endif
