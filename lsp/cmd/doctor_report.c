#include "lsp/cmd/doctor_report.h"

#include "engine/decode/runtime.h"
#include "engine/model/model.h"
#include "engine/model/store.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct doctor_problem *add_problem(struct doctor_report *out, const char *what) {
    struct doctor_problem *problem = &out->problems[out->n_problems];
    if (out->n_problems + 1 < DOCTOR_MAX_PROBLEMS) out->n_problems++;
    snprintf(problem->what, sizeof problem->what, "%s", what);
    problem->mend[0] = '\0';
    return problem;
}

/* The script that fetches the default model: installed beside this program, or in the source tree
 * this program was built in. */
static void fetch_command(char *out, size_t size) {
    static const char *const from_program[] = {
        "../share/aerie/fetch_model.sh",
        "../../scripts/fetch_model.sh",
        "../../../scripts/fetch_model.sh",
    };
    char program[1024];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(program, '/');
    if (slash != NULL) {
        *slash = '\0';
        for (size_t i = 0; i < sizeof from_program / sizeof *from_program; i++) {
            char relative[1100];
            snprintf(relative, sizeof relative, "%s/%s", program, from_program[i]);
            char *absolute = realpath(relative, NULL);
            if (absolute == NULL) continue;
            snprintf(out, size, "sh '%s'", absolute);
            free(absolute);
            return;
        }
    }
    snprintf(out, size, "sh scripts/fetch_model.sh (in Aerie's source folder)");
}

/* ---- backends ------------------------------------------------------------------------------- */

static void look_at_backends(struct doctor_report *out, const char *wanted, unsigned threads) {
    struct backend_options options = {.threads = threads};
    bool any = false, any_name = wanted == NULL || strcmp(wanted, "auto") == 0;
    for (const char *const *name = backend_names(); *name != NULL; name++) {
        if (out->n_backends == DOCTOR_MAX_BACKENDS) break;
        struct doctor_backend *entry = &out->backends[out->n_backends++];
        struct error err = ERROR_INIT;
        struct backend *backend = backend_open(*name, &options, &err);
        entry->name = *name;
        entry->opens = backend != NULL;
        if (backend != NULL) {
            const struct backend_info *info = backend_info(backend);
            snprintf(entry->device, sizeof entry->device, "%s", info->device);
            entry->threads = info->threads;
            backend_close(backend);
        } else {
            snprintf(entry->problem, sizeof entry->problem, "%s", err.message);
        }
        if (entry->opens && (any_name || strcmp(wanted, *name) == 0)) any = true;
    }
    if (any) return;
    char what[256];
    if (any_name)
        snprintf(what, sizeof what, "no backend opens on this machine");
    else
        snprintf(what, sizeof what, "the backend '%.64s' that was asked for does not open here",
                 wanted);
    struct doctor_problem *problem = add_problem(out, what);
    if (!any_name)
        snprintf(problem->mend, sizeof problem->mend, "%s",
                 getenv("AERIE_BACKEND") ? "unset AERIE_BACKEND" : "aerie doctor --backend auto");
}

/* ---- the model ------------------------------------------------------------------------------ */

/* What the engine holds once it is loaded, between two bounds: keys and values of the whole context
 * in 16 or 32 bits, and the weights in the file's pages alone or a second time, repacked. */
static void estimate_memory(const struct model *model, struct doctor_model *out) {
    const struct decoder_config *config = &model_decoder(model)->config;
    uint64_t values =
        (uint64_t)2 * config->n_layers * config->n_kv_heads * config->head_dim * out->context;
    uint64_t weights = model_weight_bytes(model);
    out->least_memory_bytes = weights + values * 2;
    out->most_memory_bytes = weights * 2 + values * 4;
}

static bool read_model(struct doctor_model *out, struct error *err) {
    struct model *model = model_open(out->path, err);
    if (model == NULL) return false;
    struct tokenizer *tokenizer = model_create_tokenizer(model, err);
    bool ok = tokenizer != NULL;
    if (ok) {
        uint32_t context = model_decoder(model)->config.n_context;
        out->context = context < RUNTIME_DEFAULT_CONTEXT ? context : RUNTIME_DEFAULT_CONTEXT;
        snprintf(out->architecture, sizeof out->architecture, "%s", model_architecture(model));
        out->file_bytes = gguf_file_bytes(model_gguf(model));
        out->parameters = model_n_parameters(model);
        estimate_memory(model, out);
    }
    tokenizer_free(tokenizer);
    model_close(model);
    return ok;
}

static void look_at_model(struct doctor_report *out, const char *name) {
    struct doctor_model *model = &out->model;
    struct error err = ERROR_INIT;
    bool is_default = name == NULL || *name == '\0';
    model->path = store_resolve(name, &err);
    if (model->path != NULL) model->readable = read_model(model, &err);
    if (!model->readable) {
        snprintf(model->problem, sizeof model->problem, "%s", err.message);
        struct doctor_problem *problem = add_problem(out, err.message);
        if (is_default)
            fetch_command(problem->mend, sizeof problem->mend);
        else
            snprintf(problem->mend, sizeof problem->mend, "aerie model list");
        return;
    }
    uint64_t available = out->machine.memory_available_bytes;
    if (available != 0 && model->least_memory_bytes > available) {
        char what[160];
        snprintf(what, sizeof what,
                 "the model needs at least %.1f GiB of memory and %.1f GiB are available",
                 (double)model->least_memory_bytes / (1u << 30), (double)available / (1u << 30));
        struct doctor_problem *problem = add_problem(out, what);
        snprintf(problem->mend, sizeof problem->mend,
                 "aerie model list (choose a smaller one with --model or AERIE_MODEL)");
    }
}

/* ---- all of it ------------------------------------------------------------------------------ */

void doctor_report_make(struct doctor_report *out, const char *model_name, const char *backend_name,
                        unsigned threads) {
    *out = (struct doctor_report){.cuda_built = cuda_backend_built()};
    machine_read(&out->machine);
    look_at_backends(out, backend_name, threads);
    cuda_probe(&out->cuda);
    struct error err = ERROR_INIT;
    out->store = store_folder(&err);
    look_at_model(out, model_name);
}

void doctor_report_free(struct doctor_report *self) {
    free(self->store);
    free(self->model.path);
}
