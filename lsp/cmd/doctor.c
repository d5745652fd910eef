/* `aerie doctor`: what this machine can run, what is missing, and the command that mends it. */
#include "aerie_version.h"
#include "lsp/cmd/command.h"
#include "lsp/cmd/doctor_report.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* A variable that configures Aerie and is in force: its name's length, or 0 if `entry`
 * ("NAME=value") is none. */
static size_t setting_name_length(const char *entry) {
    const char *equals = strchr(entry, '=');
    if (equals == NULL || equals[1] == '\0') return 0;
    bool ours = strncmp(entry, "AERIE_", 6) == 0 || strncmp(entry, "XDG_DATA_HOME=", 14) == 0;
    return ours ? (size_t)(equals - entry) : 0;
}

/* A secret's value is not for a report that people paste into bug trackers. */
static const char *setting_value(const char *entry, size_t name_length) {
    static const char *const secret[] = {"KEY", "TOKEN", "PASSWORD", "SECRET"};
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++) {
        const char *found = strstr(entry, secret[i]);
        if (found != NULL && found < entry + name_length) return "(hidden)";
    }
    return entry + name_length + 1;
}

/* ---- for people ----------------------------------------------------------------------------- */

struct style {
    const char *bold, *good, *bad, *dim, *plain;
};

static const struct style coloured = {"\033[1m", "\033[32m", "\033[31m", "\033[2m", "\033[0m"};
static const struct style uncoloured = {"", "", "", "", ""};

enum mark { MARK_GOOD, MARK_BAD, MARK_NONE };

static void print_mark(const struct style *style, enum mark mark, const char *label) {
    static const char *const signs[] = {"ok", "!!", "--"};
    const char *const colours[] = {style->good, style->bad, style->dim};
    printf("  %s%s%s %-13s", colours[mark], signs[mark], style->plain, label);
}

static double gib(uint64_t bytes) {
    return (double)bytes / (1u << 30);
}

static void print_machine(const struct machine *machine, const struct style *style) {
    printf("%sMachine%s\n", style->bold, style->plain);
    printf("     %-13s%s, ", "processor", machine->cpu);
    if (machine->cores > 0) printf("%u cores, ", machine->cores);
    printf("%u threads usable\n", machine->threads);
    printf("     %-13s", "instructions");
    for (size_t i = 0; i < machine->n_instruction_sets; i++)
        printf("%s%s", i > 0 ? " " : "", machine->instruction_sets[i]);
    printf("%s\n     %-13s%.1f GiB, %.1f GiB available\n",
           machine->n_instruction_sets > 0 ? "" : "(none that matter)", "memory",
           gib(machine->memory_bytes), gib(machine->memory_available_bytes));
}

static void print_cuda(const struct doctor_report *report, const struct style *style) {
    const struct cuda_probe *cuda = &report->cuda;
    if (!report->cuda_built) {
        print_mark(style, MARK_NONE, "cuda");
        puts("this build has no CUDA backend");
    }
    print_mark(style, cuda->n_devices > 0 ? MARK_GOOD : MARK_NONE, "NVIDIA GPU");
    if (cuda->n_devices == 0) printf("%s", cuda->problem);
    for (size_t i = 0; i < cuda->n_devices; i++) {
        const struct cuda_device *device = &cuda->devices[i];
        printf("%s%s, %.1f GiB, compute capability %" PRId32 ".%" PRId32, i > 0 ? "; " : "",
               device->name, gib(device->memory_bytes), device->capability_major,
               device->capability_minor);
    }
    if (cuda->driver_found) {
        printf(" (driver %s", cuda->driver_version[0] != '\0' ? cuda->driver_version : "found");
        if (cuda->cuda_major > 0)
            printf(", CUDA %" PRId32 ".%" PRId32, cuda->cuda_major, cuda->cuda_minor);
        putchar(')');
    }
    putchar('\n');
}

static void print_backends(const struct doctor_report *report, const struct style *style) {
    printf("\n%sBackends%s\n", style->bold, style->plain);
    for (size_t i = 0; i < report->n_backends; i++) {
        const struct doctor_backend *backend = &report->backends[i];
        print_mark(style, backend->opens ? MARK_GOOD : MARK_BAD, backend->name);
        if (backend->opens)
            printf("%s, %u thread%s\n", backend->device, backend->threads,
                   backend->threads == 1 ? "" : "s");
        else
            puts(backend->problem);
    }
    print_cuda(report, style);
}

static void print_model(const struct doctor_report *report, const struct style *style) {
    const struct doctor_model *model = &report->model;
    printf("\n%sModel%s\n", style->bold, style->plain);
    printf("     %-13s%s\n", "store", report->store ? report->store : "(no home folder)");
    print_mark(style, model->readable ? MARK_GOOD : MARK_BAD, "model");
    if (!model->readable) {
        puts(model->problem);
        return;
    }
    printf("%s\n", model->path);
    printf("     %-13s%s, %.1f million parameters, %.1f MiB, context of %" PRIu32 " tokens\n", "",
           model->architecture, (double)model->parameters / 1e6,
           (double)model->file_bytes / (1u << 20), model->context);
    printf("     %-13s%.2f to %.2f GiB of memory when loaded\n", "", gib(model->least_memory_bytes),
           gib(model->most_memory_bytes));
}

static void print_settings(const struct style *style) {
    printf("\n%sSettings from the environment%s\n", style->bold, style->plain);
    bool any = false;
    for (char **entry = environ; *entry != NULL; entry++) {
        size_t length = setting_name_length(*entry);
        if (length == 0) continue;
        printf("     %.*s=%s\n", (int)length, *entry, setting_value(*entry, length));
        any = true;
    }
    if (!any) puts("     none: the defaults apply");
}

static void print_text(const struct doctor_report *report, const struct style *style) {
    printf("%saerie %s%s\n\n", style->bold, AERIE_VERSION, style->plain);
    print_machine(&report->machine, style);
    print_backends(report, style);
    print_model(report, style);
    print_settings(style);
    putchar('\n');
    if (report->n_problems == 0)
        printf("%sA completion can run here.%s\n", style->good, style->plain);
    for (size_t i = 0; i < report->n_problems; i++) {
        const struct doctor_problem *problem = &report->problems[i];
        printf("%sMissing:%s %s\n", style->bad, style->plain, problem->what);
        if (problem->mend[0] != '\0')
            printf("   mend: %s%s%s\n", style->bold, problem->mend, style->plain);
    }
}

/* ---- for programs --------------------------------------------------------------------------- */

static json_t *json_of_machine(const struct machine *machine) {
    json_t *sets = json_array();
    for (size_t i = 0; i < machine->n_instruction_sets; i++)
        json_array_append_new(sets, json_string(machine->instruction_sets[i]));
    return json_pack("{s:s, s:o, s:I, s:I, s:I, s:I}", "cpu", machine->cpu, "instructionSets", sets,
                     "cores", (json_int_t)machine->cores, "threads", (json_int_t)machine->threads,
                     "memoryBytes", (json_int_t)machine->memory_bytes, "memoryAvailableBytes",
                     (json_int_t)machine->memory_available_bytes);
}

static json_t *json_of_backends(const struct doctor_report *report) {
    json_t *all = json_array();
    for (size_t i = 0; i < report->n_backends; i++) {
        const struct doctor_backend *backend = &report->backends[i];
        json_t *one = json_pack("{s:s, s:b}", "name", backend->name, "opens", backend->opens);
        if (backend->opens) {
            json_object_set_new(one, "device", json_string(backend->device));
            json_object_set_new(one, "threads", json_integer(backend->threads));
        } else {
            json_object_set_new(one, "problem", json_string(backend->problem));
        }
        json_array_append_new(all, one);
    }
    return all;
}

static json_t *json_of_cuda(const struct doctor_report *report) {
    const struct cuda_probe *cuda = &report->cuda;
    json_t *devices = json_array();
    for (size_t i = 0; i < cuda->n_devices; i++) {
        const struct cuda_device *device = &cuda->devices[i];
        json_array_append_new(devices,
                              json_pack("{s:s, s:I, s:o, s:I}", "name", device->name, "memoryBytes",
                                        (json_int_t)device->memory_bytes, "computeCapability",
                                        json_sprintf("%d.%d", (int)device->capability_major,
                                                     (int)device->capability_minor),
                                        "multiprocessors", (json_int_t)device->multiprocessors));
    }
    json_t *all = json_pack("{s:b, s:b, s:o}", "built", report->cuda_built, "driverFound",
                            cuda->driver_found, "devices", devices);
    if (cuda->driver_version[0] != '\0')
        json_object_set_new(all, "driverVersion", json_string(cuda->driver_version));
    if (cuda->cuda_major > 0)
        json_object_set_new(all, "cudaVersion",
                            json_sprintf("%d.%d", (int)cuda->cuda_major, (int)cuda->cuda_minor));
    if (cuda->problem[0] != '\0') json_object_set_new(all, "problem", json_string(cuda->problem));
    return all;
}

static json_t *json_of_model(const struct doctor_model *model) {
    json_t *all = json_pack("{s:s?, s:b}", "path", model->path, "readable", model->readable);
    if (!model->readable) {
        json_object_set_new(all, "problem", json_string(model->problem));
        return all;
    }
    json_object_set_new(all, "architecture", json_string(model->architecture));
    json_object_set_new(all, "parameters", json_integer((json_int_t)model->parameters));
    json_object_set_new(all, "fileBytes", json_integer((json_int_t)model->file_bytes));
    json_object_set_new(all, "contextTokens", json_integer(model->context));
    json_object_set_new(all, "memoryNeededBytes",
                        json_integer((json_int_t)model->least_memory_bytes));
    return all;
}

static json_t *json_of_settings(void) {
    json_t *all = json_object();
    for (char **entry = environ; *entry != NULL; entry++) {
        size_t length = setting_name_length(*entry);
        char name[128];
        if (length == 0 || length >= sizeof name) continue;
        memcpy(name, *entry, length);
        name[length] = '\0';
        json_object_set_new(all, name, json_string(setting_value(*entry, length)));
    }
    return all;
}

static json_t *json_of_problems(const struct doctor_report *report) {
    json_t *all = json_array();
    for (size_t i = 0; i < report->n_problems; i++)
        json_array_append_new(all, json_pack("{s:s, s:s}", "what", report->problems[i].what, "mend",
                                             report->problems[i].mend));
    return all;
}

/* jansson answers a failed allocation with NULL and accepts NULL everywhere, so that one check of
 * the whole is enough. */
static bool print_json(const struct doctor_report *report) {
    json_t *all =
        json_pack("{s:s, s:b, s:o, s:o, s:o, s:s?, s:o, s:o, s:o}", "version", AERIE_VERSION,
                  "ready", report->n_problems == 0, "machine", json_of_machine(&report->machine),
                  "backends", json_of_backends(report), "cuda", json_of_cuda(report), "store",
                  report->store, "model", json_of_model(&report->model), "settings",
                  json_of_settings(), "problems", json_of_problems(report));
    bool ok = all != NULL && json_dumpf(all, stdout, JSON_COMPACT) == 0;
    json_decref(all);
    if (ok) putchar('\n');
    return ok;
}

/* ---- the command ---------------------------------------------------------------------------- */

static const struct command_usage usage = {
    .usage = "aerie doctor [OPTION]...",
    .description = "Says what this machine can run: processor, memory, backends, GPU, model and "
                   "settings.\nWhat is missing comes with the command that mends it. Exit status 0 "
                   "if a completion\ncan run, 1 if not.",
    .common = COMMON_MODEL | COMMON_ENGINE | COMMON_JSON,
};

int command_doctor(int argc, char **argv) {
    struct common_options common;
    char **operands;
    int n_operands;
    switch (options_parse(&usage, argc, argv, &common, &operands, &n_operands)) {
    case OPTIONS_HELP:
        return EXIT_OK;
    case OPTIONS_BAD:
        return EXIT_USAGE;
    case OPTIONS_RUN:
        break;
    }
    static struct doctor_report report; /* several KiB: not for the stack */
    doctor_report_make(&report, common.model, common.backend, common.threads);
    bool ready = report.n_problems == 0, printed = true;
    if (common.json)
        printed = print_json(&report);
    else
        print_text(&report, terminal_wants_colour(STDOUT_FILENO) ? &coloured : &uncoloured);
    doctor_report_free(&report);
    if (!printed) {
        struct error err = ERROR_INIT;
        error_set(&err, ERROR_MEMORY,
                  "the report does not go into JSON: out of memory, or a path that is not UTF-8");
        return command_failed(&err);
    }
    return ready ? EXIT_OK : EXIT_FAILED;
}
