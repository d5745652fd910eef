#include "lsp/cmd/machine.h"

#include "engine/decode/memory.h"

#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char *const interesting_sets[] = {
    "avx",      "avx2",     "fma",         "f16c",        "avx_vnni", "avx512f",
    "avx512bw", "avx512vl", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16", /* x86-64 */
    "asimd",    "asimddp",  "i8mm",        "bf16",                                /* AArch64 */
};
enum { N_INTERESTING = sizeof interesting_sets / sizeof *interesting_sets };
_Static_assert((int)N_INTERESTING <= (int)MACHINE_MAX_INSTRUCTION_SETS, "all of them must fit");

/* "name\t: value\n" -> value, if the line is about `name`; its newline is cut off. */
static char *value_of(char *line, const char *name) {
    size_t length = strlen(name);
    if (strncmp(line, name, length) != 0) return NULL;
    char *colon = line + length + strspn(line + length, " \t");
    if (*colon != ':') return NULL;
    char *value = colon + 1 + strspn(colon + 1, " \t");
    value[strcspn(value, "\n")] = '\0';
    return value;
}

static void read_instruction_sets(char *flags, struct machine *out) {
    char *rest = NULL;
    for (char *flag = strtok_r(flags, " ", &rest); flag; flag = strtok_r(NULL, " ", &rest))
        for (size_t i = 0; i < N_INTERESTING; i++)
            if (strcmp(flag, interesting_sets[i]) == 0 &&
                out->n_instruction_sets < MACHINE_MAX_INSTRUCTION_SETS)
                out->instruction_sets[out->n_instruction_sets++] = interesting_sets[i];
}

/* /proc/cpuinfo has one paragraph a logical CPU. A core is a distinct (physical id, core id). */
static void read_cpuinfo(struct machine *out) {
    enum { MAX_CORES = 1024 };
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (file == NULL) return;
    unsigned long *cores = calloc(MAX_CORES, sizeof *cores);
    char *line = NULL;
    size_t capacity = 0;
    unsigned long package = 0;
    while (cores != NULL && getline(&line, &capacity, file) != -1) {
        char *value;
        if ((value = value_of(line, "model name")) != NULL) {
            if (out->cpu[0] == '\0') snprintf(out->cpu, sizeof out->cpu, "%s", value);
        } else if ((value = value_of(line, "flags")) != NULL ||
                   (value = value_of(line, "Features")) != NULL) {
            if (out->n_instruction_sets == 0) read_instruction_sets(value, out);
        } else if ((value = value_of(line, "physical id")) != NULL) {
            package = strtoul(value, NULL, 10);
        } else if ((value = value_of(line, "core id")) != NULL) {
            unsigned long core = package << 16 | (strtoul(value, NULL, 10) & 0xffff);
            bool known = false;
            for (unsigned i = 0; i < out->cores && !known; i++)
                known = cores[i] == core;
            if (!known && out->cores < MAX_CORES) cores[out->cores++] = core;
        }
    }
    free(line);
    free(cores);
    fclose(file);
}

static void read_memory(struct machine *out) {
    uint64_t available = memory_available("");
    if (available != UINT64_MAX) out->memory_available_bytes = available;
    FILE *file = fopen("/proc/meminfo", "r");
    if (file == NULL) return;
    char line[128];
    uint64_t kib;
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "MemTotal: %" SCNu64, &kib) == 1) out->memory_bytes = kib * 1024;
    fclose(file);
}

static unsigned usable_threads(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return (unsigned)CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

void machine_read(struct machine *out) {
    *out = (struct machine){.threads = usable_threads()};
    read_cpuinfo(out);
    read_memory(out);
    struct utsname names;
    if (out->cpu[0] == '\0' && uname(&names) == 0)
        snprintf(out->cpu, sizeof out->cpu, "%s", names.machine);
}
