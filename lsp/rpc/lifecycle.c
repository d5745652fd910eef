#include "lsp/rpc/lifecycle.h"

#include <string.h>

enum lifecycle_verdict lifecycle_admit(enum lifecycle state, bool is_request, const char *method,
                                       enum jsonrpc_code *code, const char **text) {
    if (!is_request) {
        if (strcmp(method, "exit") == 0) return LIFECYCLE_ADMIT;
        return state == LIFECYCLE_RUNNING ? LIFECYCLE_ADMIT : LIFECYCLE_DROP;
    }
    bool initialize = strcmp(method, "initialize") == 0;
    switch (state) {
    case LIFECYCLE_STARTED:
        if (initialize) return LIFECYCLE_ADMIT;
        *code = JSONRPC_SERVER_NOT_INITIALIZED;
        *text = "the server waits for initialize";
        return LIFECYCLE_REJECT;
    case LIFECYCLE_RUNNING:
        if (!initialize) return LIFECYCLE_ADMIT;
        *code = JSONRPC_INVALID_REQUEST;
        *text = "the server is initialized already";
        return LIFECYCLE_REJECT;
    case LIFECYCLE_SHUTDOWN:
        break;
    }
    *code = JSONRPC_INVALID_REQUEST;
    *text = "the server is shut down";
    return LIFECYCLE_REJECT;
}

int lifecycle_exit_status(enum lifecycle state) {
    return state == LIFECYCLE_SHUTDOWN ? 0 : 1;
}
