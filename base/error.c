#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void set_va(struct error *err, enum error_code code, const char *format, va_list args) {
    err->code = code;
    if (vsnprintf(err->message, sizeof err->message, format, args) < 0) err->message[0] = '\0';
    /* Messages quote names from hostile files: keep them on one line. */
    for (char *c = err->message; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
}

bool error_set(struct error *err, enum error_code code, const char *format, ...) {
    if (err == NULL || err->code != ERROR_NONE) return false;
    va_list args;
    va_start(args, format);
    set_va(err, code, format, args);
    va_end(args);
    return false;
}

bool error_set_errno(struct error *err, enum error_code code, int errno_value, const char *format,
                     ...) {
    if (err == NULL || err->code != ERROR_NONE) return false;
    va_list args;
    va_start(args, format);
    set_va(err, code, format, args);
    va_end(args);
    size_t used = strlen(err->message);
    char reason[128];
    /* The GNU strerror_r returns the text, which may or may not be in the buffer. */
    const char *text = strerror_r(errno_value, reason, sizeof reason);
    snprintf(err->message + used, sizeof err->message - used, ": %s", text);
    return false;
}

void error_clear(struct error *err) {
    if (err == NULL) return;
    err->code = ERROR_NONE;
    err->message[0] = '\0';
}

const char *error_code_name(enum error_code code) {
    switch (code) {
    case ERROR_NONE:
        return "none";
    case ERROR_ARGUMENT:
        return "argument";
    case ERROR_IO:
        return "io";
    case ERROR_FORMAT:
        return "format";
    case ERROR_UNSUPPORTED:
        return "unsupported";
    case ERROR_MEMORY:
        return "memory";
    case ERROR_CANCELLED:
        return "cancelled";
    case ERROR_BACKEND:
        return "backend";
    case ERROR_BUSY:
        return "busy";
    }
    return "unknown";
}
