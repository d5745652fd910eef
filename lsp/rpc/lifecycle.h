/* In which order messages may come (LSP 3.18, "Server lifecycle"). */
#ifndef AERIE_LSP_RPC_LIFECYCLE_H
#define AERIE_LSP_RPC_LIFECYCLE_H

#include "lsp/rpc/jsonrpc.h"

enum lifecycle {
    LIFECYCLE_STARTED,  /* nothing but `initialize` and `exit` */
    LIFECYCLE_RUNNING,  /* `initialize` was answered */
    LIFECYCLE_SHUTDOWN, /* `shutdown` was answered: nothing but `exit` */
};

enum lifecycle_verdict {
    LIFECYCLE_ADMIT,
    LIFECYCLE_DROP,   /* a notification out of order: ignored */
    LIFECYCLE_REJECT, /* a request out of order: answered with *code and *text */
};

/* May this request (or notification) be handled in this state? */
enum lifecycle_verdict lifecycle_admit(enum lifecycle state, bool is_request, const char *method,
                                       enum jsonrpc_code *code, const char **text);

/* The process's exit status when the session ends in this state, by `exit` or without it: 0 only
 * after shutdown. */
int lifecycle_exit_status(enum lifecycle state);

#endif
