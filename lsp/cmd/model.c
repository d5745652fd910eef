/* aerie model list, aerie model info: the models on this machine. */
#include "engine/model/model.h"
#include "engine/decode/memory.h"
#include "engine/model/store.h"
#include "lsp/cmd/command.h"
#include "lsp/cmd/model_info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- list ------------------------------------------------------------------------------------ */

/* One file of the store. A damaged one is listed too, with what is wrong. */
struct listed {
    const char *name;
    char *path;
    uint64_t bytes;
    struct model *model; /* NULL: see error */
    struct error error;
    bool is_default;
};

static bool look_at(struct listed *out, const char *folder, const char *name, const char *standard,
                    struct error *err) {
    *out = (struct listed){.name = name, .error = ERROR_INIT};
    size_t n = strlen(folder) + strlen(name) + 2;
    out->path = malloc(n);
    if (out->path == NULL) return error_set(err, ERROR_MEMORY, "not enough memory");
    snprintf(out->path, n, "%s/%s", folder, name);
    struct stat info;
    if (stat(out->path, &info) == 0) out->bytes = (uint64_t)info.st_size;
    out->model = model_open(out->path, &out->error);
    out->is_default = standard != NULL && strcmp(standard, out->path) == 0;
    return true;
}

static json_t *listed_json(const struct listed *model) {
    json_t *object = json_pack("{s:o, s:o, s:I, s:b}", "name", model_info_string(model->name),
                               "path", model_info_string(model->path), "bytes",
                               (json_int_t)model->bytes, "default", model->is_default);
    if (object == NULL) return NULL;
    if (model->model == NULL) {
        json_object_set_new(object, "error", model_info_string(model->error.message));
    } else {
        json_object_set_new(object, "architecture", json_string(model_architecture(model->model)));
        json_object_set_new(object, "parameters",
                            json_integer((json_int_t)model_n_parameters(model->model)));
    }
    return object;
}

static void print_listed(const struct listed *model, int width) {
    char size[32], count[32];
    printf("%-*s  %9s  ", width, model->name, memory_format(model->bytes, size, sizeof size));
    if (model->model == NULL)
        printf("unusable: %s", model->error.message);
    else
        printf("%s, %s parameters", model_architecture(model->model),
               model_info_count(model_n_parameters(model->model), count, sizeof count));
    puts(model->is_default ? "  (default)" : "");
}

static int longest(char **names, size_t n) {
    size_t width = 0;
    for (size_t i = 0; i < n; i++)
        if (strlen(names[i]) > width) width = strlen(names[i]);
    return width > 60 ? 60 : (int)width;
}

/* Models are opened one at a time: a store may be larger than the address space allows at once. */
static bool print_models(const char *folder, char **names, size_t n, bool as_json,
                         struct error *err) {
    char *standard = store_resolve(getenv("AERIE_MODEL"), NULL);
    json_t *models = json_array();
    bool ok = models != NULL || error_set(err, ERROR_MEMORY, "not enough memory");
    for (size_t i = 0; ok && i < n; i++) {
        struct listed model;
        ok = look_at(&model, folder, names[i], standard, err);
        if (ok && as_json && json_array_append_new(models, listed_json(&model)) != 0)
            ok = error_set(err, ERROR_MEMORY, "not enough memory");
        if (ok && !as_json) print_listed(&model, longest(names, n));
        model_close(model.model);
        free(model.path);
    }
    if (ok && as_json) {
        json_t *all =
            json_pack("{s:o, s:O}", "folder", model_info_string(folder), "models", models);
        json_dumpf(all, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(all);
    } else if (ok && n == 0) {
        printf("no models in %s; run ./try to get the default one\n", folder);
    }
    json_decref(models);
    free(standard);
    return ok;
}

static bool list(bool as_json, struct error *err) {
    char *folder = store_folder(err), **names;
    size_t n;
    if (folder == NULL) return false;
    bool ok = store_list(&names, &n, err);
    if (ok) {
        ok = print_models(folder, names, n, as_json, err);
        store_list_free(names, n);
    }
    free(folder);
    return ok;
}

/* ---- the command ----------------------------------------------------------------------------- */

int command_model(int argc, char **argv) {
    const struct command_usage usage = {
        .usage = "aerie model list|info [NAME|PATH] [OPTION]...",
        .description =
            "list   the models in the store: size, architecture, parameters, which is the default\n"
            "info   what a model is: a name in the store or the path of a GGUF file, else the\n"
            "       default model",
        .common = COMMON_MODEL | COMMON_JSON,
        .min_operands = 1,
        .max_operands = 2,
    };
    struct common_options common;
    char **operands;
    int n_operands;
    switch (options_parse(&usage, argc, argv, &common, &operands, &n_operands)) {
    case OPTIONS_RUN:
        break;
    case OPTIONS_HELP:
        return EXIT_OK;
    case OPTIONS_BAD:
        return EXIT_USAGE;
    }
    struct error err = ERROR_INIT;
    bool ok;
    if (strcmp(operands[0], "list") == 0 && n_operands == 1)
        ok = list(common.json, &err);
    else if (strcmp(operands[0], "info") == 0)
        ok = model_info_print(n_operands == 2 ? operands[1] : common.model, common.json, &err);
    else
        ok = error_set(&err, ERROR_ARGUMENT, "unknown or too many arguments; usage: %s",
                       usage.usage);
    return ok ? EXIT_OK : command_failed(&err);
}
