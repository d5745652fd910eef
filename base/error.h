/* The one error type of the project.
 *
 * A function that can fail takes a `struct error *` as its last argument and says in its comment
 * which codes it sets. It reports failure through its return value (false, NULL); the error only
 * explains. The first error wins: setting one that is already set changes nothing, so a release
 * ladder cannot hide the cause. A caller that does not care passes NULL.
 *
 * A message is one line, without a trailing full stop or newline: what failed, why, and what to do
 * about it. It is plain UTF-8 and holds no text from the user's buffers. */
#ifndef AERIE_BASE_ERROR_H
#define AERIE_BASE_ERROR_H

#include <stdbool.h>

enum error_code {
    ERROR_NONE = 0,    /* nothing went wrong */
    ERROR_ARGUMENT,    /* the caller's (or the user's) argument makes no sense */
    ERROR_IO,          /* the operating system refused: open, read, map, write, connect */
    ERROR_FORMAT,      /* bytes from outside break the format they claim to be */
    ERROR_UNSUPPORTED, /* well formed, but nothing here can handle it */
    ERROR_MEMORY,      /* not enough memory */
    ERROR_CANCELLED,   /* the caller asked to stop */
    ERROR_BACKEND,     /* the compute device failed */
    ERROR_BUSY,        /* a bounded queue is full; try again later */
};

struct error {
    enum error_code code;
    char message[512]; /* empty while code is ERROR_NONE */
};

/* An error nobody has set yet: `struct error err = ERROR_INIT;` */
/* clang-format off */
#define ERROR_INIT {ERROR_NONE, {0}}
/* clang-format on */

/* Sets *err unless err is NULL or already set. Always returns false, so that a failing function can
 * end with `return error_set(err, …);`. */
bool error_set(struct error *err, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with ": " and the text of `errno_value` after the message. */
bool error_set_errno(struct error *err, enum error_code code, int errno_value, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));

/* Forgets what is set. */
void error_clear(struct error *err);

/* "io", "format", …: the stable lower-case name of a code, for logs and JSON. */
const char *error_code_name(enum error_code code);

#endif
