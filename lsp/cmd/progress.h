/* A line on the terminal that says what takes so long; nothing where stderr is not a terminal. */
#ifndef AERIE_LSP_CMD_PROGRESS_H
#define AERIE_LSP_CMD_PROGRESS_H

#include <stdbool.h>

/* Replaces the line. */
void progress_show(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Takes the line away. */
void progress_clear(void);

/* An on_progress of engine_open: "loading the model 40 %". `user` is not used. */
bool progress_load(void *user, float fraction);

#endif
