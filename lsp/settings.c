#include "lsp/settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- the table ------------------------------------------------------------------------------ */

#define FIELD(f) offsetof(struct settings_values, f)

static const char *const backends[] = {"auto", "cpu", "cuda", "reference", NULL};
static const char *const levels[] = {"off", "error", "warning", "info", "debug", NULL};

static const struct setting table[] = {
    {"enable", SETTING_BOOL, FIELD(enable), "true", 0, 0, NULL, "AERIE_ENABLE", NULL, NULL,
     "Offer completions. Off means off: no model is loaded, no processor is used."},
    {"model", SETTING_TEXT, FIELD(model), "", 0, 0, NULL, "AERIE_MODEL", "model", "NAME|PATH",
     "Model in the store, or a GGUF file."},
    {"backend", SETTING_CHOICE, FIELD(backend), "auto", 0, 0, backends, "AERIE_BACKEND", "backend",
     "NAME", "What computes: auto, cpu, cuda or reference."},
    {"threads", SETTING_INTEGER, FIELD(threads), "0", 0, 1024, NULL, "AERIE_THREADS", "threads",
     "N", "CPU threads; 0 for the machine's cores."},
    {"contextSize", SETTING_INTEGER, FIELD(context_size), "0", 0, 1 << 20, NULL,
     "AERIE_CONTEXT_SIZE", "context-size", "N",
     "Longest prompt and completion together, in tokens; 0 for the model's own."},
    {"disabledLanguages", SETTING_LIST, FIELD(disabled_languages), "", 0, 0, NULL,
     "AERIE_DISABLED_LANGUAGES", NULL, NULL, "Language ids without completions."},
    {"inlineCompletion.enable", SETTING_BOOL, FIELD(inline_completion_enable), "true", 0, 0, NULL,
     NULL, NULL, NULL, "Offer ghost text (textDocument/inlineCompletion)."},
    {"completion.enable", SETTING_BOOL, FIELD(completion_enable), "true", 0, 0, NULL, NULL, NULL,
     NULL, "Offer an item in the completion list (textDocument/completion)."},
    {"maxTokens", SETTING_INTEGER, FIELD(max_tokens), "0", 0, 4096, NULL, "AERIE_MAX_TOKENS",
     "max-tokens", "N", "Longest completion in tokens; 0 lets the place in the code decide."},
    {"maxPromptTokens", SETTING_INTEGER, FIELD(max_prompt_tokens), "0", 0, 1 << 20, NULL,
     "AERIE_MAX_PROMPT_TOKENS", "max-prompt-tokens", "N",
     "How much of the code the model is shown, in tokens; 0 for what suits typing."},
    {"temperature", SETTING_NUMBER, FIELD(temperature), "0", 0, 10, NULL, "AERIE_TEMPERATURE",
     "temperature", "T", "0 takes the most likely token."},
    {"topP", SETTING_NUMBER, FIELD(top_p), "0", 0, 1, NULL, "AERIE_TOP_P", "top-p", "P",
     "Choose among the tokens that make up probability P; 0 for all."},
    {"topK", SETTING_INTEGER, FIELD(top_k), "0", 0, 1 << 20, NULL, "AERIE_TOP_K", "top-k", "N",
     "Choose among the N most likely tokens; 0 for all."},
    {"seed", SETTING_INTEGER, FIELD(seed), "0", 0, 9007199254740991.0, NULL, "AERIE_SEED", "seed",
     "N", "Seed of the random choice."},
    {"logLevel", SETTING_LEVEL, FIELD(log_level), "info", 0, 0, levels, "AERIE_LOG_LEVEL",
     "log-level", "LEVEL", "What is logged: off, error, warning, info or debug."},
};
enum { N_SETTINGS = sizeof table / sizeof *table };

const struct setting *settings_table(size_t *n) {
    *n = N_SETTINGS;
    return table;
}

static const char *const source_names[SETTINGS_N_SOURCES] = {
    "initializationOptions", "the client's configuration", "the environment", "the command line"};

/* ---- the sources ---------------------------------------------------------------------------- */

struct settings {
    json_t *defaults; /* {key: value}, of the table */
    /* What each source said, unchecked: {key: value} with the table's keys. NULL for nothing. */
    json_t *sources[SETTINGS_N_SOURCES];
    json_t *reported[SETTINGS_N_SOURCES]; /* {key: value} found unfit and reported */
    json_t *merged;                       /* {key: value}; `values` points into it */
    struct settings_values values;
};

/* What `text` means for a setting: as JSON, a string where it means nothing else. */
static json_t *value_of_text(const struct setting *setting, const char *text) {
    switch (setting->kind) {
    case SETTING_BOOL: {
        static const char *const words[][2] = {
            {"false", "true"}, {"0", "1"}, {"no", "yes"}, {"off", "on"}};
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            for (int value = 0; value < 2; value++)
                if (strcasecmp(text, words[i][value]) == 0) return json_boolean(value);
        break;
    }
    case SETTING_INTEGER: {
        char *end;
        long long value = strtoll(text, &end, 10);
        /* Out of range saturates, which is out of every setting's range. */
        if (end != text && *end == '\0') return json_integer(value);
        break;
    }
    case SETTING_NUMBER: {
        char *end;
        double value = strtod(text, &end);
        if (end != text && *end == '\0' && isfinite(value)) return json_real(value);
        break;
    }
    case SETTING_LIST: {
        json_t *list = json_array();
        while (*text != '\0') {
            size_t length = strcspn(text, ", ");
            if (length > 0) json_array_append_new(list, json_stringn(text, length));
            text += length + (text[length] != '\0');
        }
        return list;
    }
    case SETTING_TEXT:
    case SETTING_CHOICE:
    case SETTING_LEVEL:
        break;
    }
    return json_string(text);
}

/* The place of `value` among the choices, or -1. */
static int choice_index(const struct setting *setting, const json_t *value) {
    const char *text = json_string_value(value);
    for (int i = 0; text != NULL && setting->choices[i] != NULL; i++)
        if (strcmp(text, setting->choices[i]) == 0) return i;
    return -1;
}

static bool value_fits(const struct setting *setting, const json_t *value) {
    switch (setting->kind) {
    case SETTING_BOOL:
        return json_is_boolean(value);
    case SETTING_INTEGER: {
        /* 4.0 is an integer to a client whose numbers are all floating point. */
        double number = json_number_value(value);
        return json_is_number(value) && number == floor(number) && number >= setting->minimum &&
               number <= setting->maximum;
    }
    case SETTING_NUMBER: {
        double number = json_number_value(value);
        return json_is_number(value) && number >= setting->minimum && number <= setting->maximum;
    }
    case SETTING_TEXT:
        return json_is_string(value) &&
               strlen(json_string_value(value)) == json_string_length(value);
    case SETTING_CHOICE:
    case SETTING_LEVEL:
        return choice_index(setting, value) >= 0;
    case SETTING_LIST: {
        size_t i;
        const json_t *element;
        json_array_foreach(value, i, element) {
            if (!json_is_string(element)) return false;
        }
        return json_is_array(value);
    }
    }
    return false;
}

/* "one of auto, cpu", for a person. */
static void describe(const struct setting *setting, char *out, size_t size) {
    switch (setting->kind) {
    case SETTING_BOOL:
        snprintf(out, size, "true or false");
        break;
    case SETTING_INTEGER:
        snprintf(out, size, "a whole number from %.0f to %.0f", setting->minimum, setting->maximum);
        break;
    case SETTING_NUMBER:
        snprintf(out, size, "a number from %g to %g", setting->minimum, setting->maximum);
        break;
    case SETTING_TEXT:
        snprintf(out, size, "a text");
        break;
    case SETTING_LIST:
        snprintf(out, size, "a list of texts");
        break;
    case SETTING_CHOICE:
    case SETTING_LEVEL: {
        size_t n = (size_t)snprintf(out, size, "one of");
        for (int i = 0; setting->choices[i] != NULL && n < size; i++)
            n +=
                (size_t)snprintf(out + n, size - n, "%s %s", i > 0 ? "," : "", setting->choices[i]);
        break;
    }
    }
}

struct settings *settings_create(struct error *err) {
    struct settings *self = calloc(1, sizeof *self);
    if (self != NULL) self->defaults = json_object();
    for (size_t i = 0; self != NULL && self->defaults != NULL && i < N_SETTINGS; i++)
        json_object_set_new(self->defaults, table[i].key,
                            value_of_text(&table[i], table[i].default_value));
    if (self == NULL || json_object_size(self->defaults) != N_SETTINGS) {
        settings_free(self);
        error_set(err, ERROR_MEMORY, "no memory for the settings");
        return NULL;
    }
    settings_merge(self, NULL, NULL);
    return self;
}

void settings_free(struct settings *self) {
    if (self == NULL) return;
    json_decref(self->defaults);
    json_decref(self->merged);
    for (int i = 0; i < SETTINGS_N_SOURCES; i++) {
        json_decref(self->sources[i]);
        json_decref(self->reported[i]);
    }
    free(self);
}

/* "completion.enable" as {"completion": {"enable": …}} or as one key with a dot in it. */
static json_t *look_up(const json_t *section, const char *key) {
    json_t *value = json_object_get(section, key);
    const char *dot = strchr(key, '.');
    if (value != NULL || dot == NULL) return value;
    char head[64];
    snprintf(head, sizeof head, "%.*s", (int)(dot - key), key);
    return look_up(json_object_get(section, head), dot + 1);
}

void settings_set(struct settings *self, enum settings_source source, const json_t *section) {
    if (json_is_object(json_object_get(section, "aerie")))
        section = json_object_get(section, "aerie");
    json_decref(self->sources[source]);
    self->sources[source] = json_object();
    for (size_t i = 0; i < N_SETTINGS; i++) {
        json_t *value = look_up(section, table[i].key);
        if (value != NULL && !json_is_null(value))
            json_object_set_new(self->sources[source], table[i].key, json_deep_copy(value));
    }
}

bool settings_set_flag(struct settings *self, const struct setting *setting, const char *text,
                       struct error *err) {
    json_t *value = value_of_text(setting, text);
    if (!value_fits(setting, value)) {
        char expected[160];
        describe(setting, expected, sizeof expected);
        json_decref(value);
        return error_set(err, ERROR_ARGUMENT, "--%s: '%.100s' is not %s", setting->flag, text,
                         expected);
    }
    json_t **source = &self->sources[SETTINGS_FLAGS];
    if (*source == NULL) *source = json_object();
    if (json_object_set_new(*source, setting->key, value) != 0)
        return error_set(err, ERROR_MEMORY, "no memory for --%s", setting->flag);
    return true;
}

void settings_read_environment(struct settings *self) {
    json_t **source = &self->sources[SETTINGS_ENVIRONMENT];
    json_decref(*source);
    *source = json_object();
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const char *text = table[i].variable != NULL ? getenv(table[i].variable) : NULL;
        if (text != NULL && *text != '\0')
            json_object_set_new(*source, table[i].key, value_of_text(&table[i], text));
    }
}

/* ---- merging -------------------------------------------------------------------------------- */

static void report_unfit(struct settings *self, int source, const struct setting *setting,
                         json_t *value, void (*report)(void *user, const char *message),
                         void *user) {
    json_t **reported = &self->reported[source];
    if (report == NULL) return;
    if (*reported == NULL) *reported = json_object();
    if (json_equal(json_object_get(*reported, setting->key), value)) return;
    json_object_set(*reported, setting->key, value);
    char expected[160], message[320];
    describe(setting, expected, sizeof expected);
    snprintf(message, sizeof message, "aerie.%s from %s is not %s; it is ignored", setting->key,
             source_names[source], expected);
    report(user, message);
}

static void store(struct settings_values *values, const struct setting *setting, json_t *value) {
    void *field = (char *)values + setting->offset;
    switch (setting->kind) {
    case SETTING_BOOL:
        *(bool *)field = json_is_true(value);
        break;
    case SETTING_INTEGER:
        *(int64_t *)field = (int64_t)json_number_value(value);
        break;
    case SETTING_NUMBER:
        *(double *)field = json_number_value(value);
        break;
    case SETTING_TEXT:
    case SETTING_CHOICE:
        *(const char **)field = json_string_value(value);
        break;
    case SETTING_LEVEL:
        *(int64_t *)field = choice_index(setting, value);
        break;
    case SETTING_LIST:
        *(const json_t **)field = value;
        break;
    }
}

void settings_merge(struct settings *self, void (*report)(void *user, const char *message),
                    void *user) {
    json_t *merged = json_copy(self->defaults);
    if (merged == NULL) return; /* out of memory: what was in force stays */
    for (int source = 0; source < SETTINGS_N_SOURCES; source++) {
        for (size_t i = 0; i < N_SETTINGS; i++) {
            json_t *value = json_object_get(self->sources[source], table[i].key);
            if (value == NULL || value_fits(&table[i], value)) {
                if (value != NULL) json_object_set(merged, table[i].key, value);
                json_object_del(self->reported[source], table[i].key);
            } else {
                report_unfit(self, source, &table[i], value, report, user);
            }
        }
    }
    json_decref(self->merged);
    self->merged = merged;
    for (size_t i = 0; i < N_SETTINGS; i++)
        store(&self->values, &table[i], json_object_get(merged, table[i].key));
}

const struct settings_values *settings_values(const struct settings *self) {
    return &self->values;
}

bool settings_language_enabled(const struct settings_values *values, const char *language_id) {
    size_t i;
    const json_t *element;
    json_array_foreach(values->disabled_languages, i, element) {
        if (strcmp(json_string_value(element), language_id) == 0) return false;
    }
    return values->enable;
}
