#include "lsp/cmd/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static bool shown;

void progress_show(const char *format, ...) {
    if (!isatty(STDERR_FILENO)) return;
    va_list arguments;
    va_start(arguments, format);
    fputc('\r', stderr);
    vfprintf(stderr, format, arguments);
    fputs("\033[K", stderr);
    fflush(stderr);
    va_end(arguments);
    shown = true;
}

void progress_clear(void) {
    if (!shown) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    shown = false;
}

bool progress_load(void *user, float fraction) {
    (void)user;
    if (fraction < 1)
        progress_show("loading the model %3.0f %%", (double)fraction * 100);
    else
        progress_clear();
    return true;
}
