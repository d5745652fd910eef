#include "lsp/server/uri.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *uri_path(const char *uri) {
    const char *at = uri;
    while (isalnum((unsigned char)*at) || *at == '+' || *at == '-' || *at == '.')
        at++;
    at = *at == ':' && at > uri ? at + 1 : uri;
    if (strncmp(at, "//", 2) == 0) { /* an authority: not part of the path */
        at += 2;
        at += strcspn(at, "/?#");
    }
    size_t length = strcspn(at, "?#"), n = 0;
    char *path = malloc(length + 1);
    if (path == NULL) return NULL;
    for (size_t i = 0; i < length; i++) {
        int high = at[i] == '%' && i + 2 < length ? hex_value(at[i + 1]) : -1;
        int low = high >= 0 ? hex_value(at[i + 2]) : -1;
        if (low >= 0 && (high | low) != 0) { /* %00 would end the text early */
            path[n++] = (char)(high * 16 + low);
            i += 2;
        } else {
            path[n++] = at[i];
        }
    }
    path[n] = '\0';
    return path;
}
