/* The settings under `aerie.*`: one table says what there is; every source goes through it.
 *
 * Sources, the later wins key by key: the table's defaults, `initializationOptions`, the client's
 * configuration (pulled or pushed), AERIE_* variables, flags. A value that does not fit is reported
 * once and the next source below decides. Keys that are not in the table are left alone: a client
 * keeps settings of its own under the same name. */
#ifndef AERIE_LSP_SETTINGS_H
#define AERIE_LSP_SETTINGS_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_OFF, LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* What is in force. Strings live until the next settings_merge. */
struct settings_values {
    bool enable;
    const char *model;                /* "" = the default model */
    const char *backend;              /* "auto", "cpu", "cuda", "reference" */
    int64_t threads;                  /* 0 = the machine's cores */
    int64_t context_size;             /* tokens; 0 = the model's own */
    const json_t *disabled_languages; /* array of language ids */
    bool inline_completion_enable, completion_enable;
    int64_t max_tokens;        /* 0 = by the place in the code */
    int64_t max_prompt_tokens; /* 0 = as completion.h has it */
    double temperature, top_p;
    int64_t top_k, seed;
    int64_t log_level; /* enum log_level */
};

enum setting_kind {
    SETTING_BOOL,    /* bool */
    SETTING_INTEGER, /* int64_t, minimum..maximum */
    SETTING_NUMBER,  /* double, minimum..maximum */
    SETTING_TEXT,    /* const char * */
    SETTING_CHOICE,  /* const char *, one of `choices` */
    SETTING_LEVEL,   /* int64_t, the place in `choices` */
    SETTING_LIST,    /* const json_t *, array of strings */
};

struct setting {
    const char *key; /* below "aerie.", "completion.enable" */
    enum setting_kind kind;
    size_t offset;               /* into struct settings_values */
    const char *default_value;   /* as it would be typed after a flag; a list: comma-separated */
    double minimum, maximum;     /* numbers */
    const char *const *choices;  /* NULL-terminated */
    const char *variable;        /* "AERIE_MODEL"; NULL if none stands in */
    const char *flag, *argument; /* "model", "NAME|PATH"; NULL if there is none */
    const char *description;
};

/* The table, for --help and for editors' manifests. */
const struct setting *settings_table(size_t *n);

enum settings_source {
    SETTINGS_INITIALIZATION,
    SETTINGS_CONFIGURATION,
    SETTINGS_ENVIRONMENT,
    SETTINGS_FLAGS,
    SETTINGS_N_SOURCES,
};

struct settings;

/* Every setting at its default. NULL on failure: ERROR_MEMORY. */
struct settings *settings_create(struct error *err);
void settings_free(struct settings *self); /* NULL is fine */

/* Makes `section` (borrowed; the object under "aerie", an object that has "aerie" as a key, or
 * NULL/null for nothing) what that source says. Takes effect at the next settings_merge. */
void settings_set(struct settings *self, enum settings_source source, const json_t *section);

/* One value as text, from a flag. False (ERROR_ARGUMENT, the message names the flag) if it does not
 * fit; ERROR_MEMORY. */
bool settings_set_flag(struct settings *self, const struct setting *setting, const char *text,
                       struct error *err);

/* Reads the AERIE_* variables of the table. */
void settings_read_environment(struct settings *self);

/* Computes what is in force. `report` (may be NULL) is told, in one line, about each value that
 * does not fit, once for as long as that value stays. */
void settings_merge(struct settings *self, void (*report)(void *user, const char *message),
                    void *user);

const struct settings_values *settings_values(const struct settings *self);

/* Is completion on for this language? */
bool settings_language_enabled(const struct settings_values *values, const char *language_id);

#endif
