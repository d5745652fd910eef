#include "kernels/cpu/topology.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MAX_CPUS = CPU_SETSIZE };

static long read_number(const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) return -1;
    long number;
    int n = fscanf(file, "%ld", &number);
    fclose(file);
    return n == 1 ? number : -1;
}

static long cpu_topology(int cpu, const char *what) {
    char path[128];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/%s", cpu, what);
    return read_number(path);
}

static unsigned affinity_cores(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    long cores[MAX_CPUS][2];
    unsigned n_cores = 0;
    for (int cpu = 0; cpu < MAX_CPUS; cpu++) {
        if (!CPU_ISSET(cpu, &set)) continue;
        long package = cpu_topology(cpu, "physical_package_id");
        long core = cpu_topology(cpu, "core_id");
        if (core < 0) core = MAX_CPUS + cpu; /* unknown: a core of its own */
        bool known = false;
        for (unsigned i = 0; i < n_cores && !known; i++)
            known = cores[i][0] == package && cores[i][1] == core;
        if (known) continue;
        cores[n_cores][0] = package;
        cores[n_cores][1] = core;
        n_cores++;
    }
    return n_cores > 0 ? n_cores : 1;
}

static unsigned whole_cpus(long quota, long period) {
    return quota > 0 && period > 0 ? (unsigned)((quota + period - 1) / period) : 0;
}

/* cgroup v2: "max 100000" or "150000 100000" in cpu.max of the group or any group above it. */
static unsigned quota_v2(void) {
    char line[512] = "", *group = NULL;
    FILE *file = fopen("/proc/self/cgroup", "r");
    if (file == NULL) return 0;
    while (group == NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "0::", 3) == 0) group = line + 3;
    fclose(file);
    if (group == NULL) return 0;
    group[strcspn(group, "\n")] = '\0';
    unsigned least = 0;
    for (;;) {
        char path[640];
        long quota, period;
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", group);
        if ((file = fopen(path, "r")) != NULL) {
            unsigned cpus =
                fscanf(file, "%ld %ld", &quota, &period) == 2 ? whole_cpus(quota, period) : 0;
            if (cpus > 0 && (least == 0 || cpus < least)) least = cpus;
            fclose(file);
        }
        char *parent_end = strrchr(group, '/');
        if (parent_end == NULL) return least;
        *parent_end = '\0';
    }
}

static unsigned quota_v1(void) {
    return whole_cpus(read_number("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
                      read_number("/sys/fs/cgroup/cpu/cpu.cfs_period_us"));
}

unsigned topology_usable_cores(void) {
    unsigned cores = affinity_cores(), quota = quota_v2();
    if (quota == 0) quota = quota_v1();
    return quota > 0 && quota < cores ? quota : cores;
}
