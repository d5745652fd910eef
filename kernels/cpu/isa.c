#include "kernels/cpu/isa.h"

#include <stdio.h>
#include <string.h>

extern const struct cpu_isa cpu_isa_avx512, cpu_isa_avx2, cpu_isa_neon, cpu_isa_plain;

const struct cpu_isa *const cpu_isas[] = {
#if defined(__x86_64__)
    &cpu_isa_avx512,
    &cpu_isa_avx2,
#elif defined(__aarch64__)
    &cpu_isa_neon,
#endif
    &cpu_isa_plain,
    NULL,
};

const struct cpu_isa *cpu_isa_choose(const char *name) {
    for (int i = 0; cpu_isas[i] != NULL; i++) {
        bool meant = name == NULL || strcmp(cpu_isas[i]->name, name) == 0;
        if (meant && cpu_isas[i]->supported()) return cpu_isas[i];
    }
    return NULL;
}

const struct weight_format *cpu_isa_format(const struct cpu_isa *isa, enum tensor_type type) {
    for (size_t i = 0; i < tensor_type_count; i++)
        if (isa->formats[i].type == type) return &isa->formats[i];
    return NULL;
}

/* The value of "model name" in Linux' /proc/cpuinfo, which AArch64 lacks. */
static void processor_name(char *out, size_t size) {
    snprintf(out, size, "CPU");
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (file == NULL) return;
    char line[256];
    while (fgets(line, sizeof line, file) != NULL) {
        const char *value = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || value == NULL) continue;
        value += strspn(value, ": \t");
        snprintf(out, size, "%.*s", (int)strcspn(value, "\n"), value);
        break;
    }
    fclose(file);
}

void cpu_isa_describe(const struct cpu_isa *isa, char *out, size_t size) {
    char name[64];
    processor_name(name, sizeof name);
    const char *vnni = "", *bf16 = "";
#if defined(__x86_64__)
    if (strcmp(isa->name, "avx512") == 0) {
        if (__builtin_cpu_supports("avx512vnni")) vnni = " vnni";
        if (__builtin_cpu_supports("avx512bf16")) bf16 = " bf16";
    }
#endif
    snprintf(out, size, "%s, %s%s%s", name, isa->name, vnni, bf16);
}
