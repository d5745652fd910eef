#include "engine/decode/memory.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A path too long is no path: reading it fails. */
static const char *join(char path[PATH_MAX], const char *folder, const char *name) {
    int written = snprintf(path, PATH_MAX, "%s%s", folder, name);
    if (written < 0 || written >= PATH_MAX) *path = '\0';
    return path;
}

/* The number after `name` at the beginning of a line: "MemAvailable:   123 kB", "inactive_file 5".
 */
static bool read_field(const char *path, const char *name, uint64_t *out) {
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    char line[256];
    size_t length = strlen(name);
    bool found = false;
    while (!found && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, length) == 0 && (line[length] == ' ' || line[length] == ':'))
            found = sscanf(line + length + 1, "%" SCNu64, out) == 1;
    fclose(file);
    return found;
}

/* A file with one number; "max" is none. */
static bool read_number(const char *path, uint64_t *out) {
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    bool found = fscanf(file, "%" SCNu64, out) == 1;
    fclose(file);
    return found;
}

/* ---- control groups -------------------------------------------------------------------------- */

struct group_files {
    const char *limit, *used, *file_pages[2];
};

static const struct group_files version_2 = {
    "/memory.max", "/memory.current", {"inactive_file", "active_file"}};
static const struct group_files version_1 = {"/memory.limit_in_bytes",
                                             "/memory.usage_in_bytes",
                                             {"total_inactive_file", "total_active_file"}};

static uint64_t group_room(const char *folder, const struct group_files *files) {
    char path[PATH_MAX];
    uint64_t limit, used, pages;
    if (!read_number(join(path, folder, files->limit), &limit)) return UINT64_MAX;
    if (!read_number(join(path, folder, files->used), &used)) return UINT64_MAX;
    join(path, folder, "/memory.stat");
    for (int i = 0; i < 2; i++)
        if (read_field(path, files->file_pages[i], &pages)) used -= pages < used ? pages : used;
    return limit > used ? limit - used : 0;
}

/* The group and every one above it: each limit holds. In a container the path inside may not exist
 * below the mount, whose own top is then the group; the walk ends there anyway. */
static uint64_t groups_room(const char *mount, const char *group, const struct group_files *files) {
    char folder[PATH_MAX];
    join(folder, mount, strcmp(group, "/") == 0 ? "" : group);
    uint64_t room = UINT64_MAX;
    size_t top = strlen(mount);
    for (;;) {
        uint64_t here = group_room(folder, files);
        if (here < room) room = here;
        char *slash = strrchr(folder, '/');
        if (slash == NULL || (size_t)(slash - folder) < top) return room;
        *slash = '\0';
    }
}

/* Lines of /proc/self/cgroup: "0::/user.slice/…" (v2), "9:memory:/docker/…" (v1). */
static uint64_t all_groups_room(const char *root) {
    char path[PATH_MAX], line[PATH_MAX];
    FILE *file = fopen(join(path, root, "/proc/self/cgroup"), "re");
    if (file == NULL) return UINT64_MAX;
    uint64_t room = UINT64_MAX;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (group == NULL) continue;
        *group++ = '\0';
        controllers++;
        bool v2 = *controllers == '\0', v1 = strstr(controllers, "memory") != NULL;
        if (!v1 && !v2) continue;
        join(path, root, v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory");
        uint64_t here = groups_room(path, group, v2 ? &version_2 : &version_1);
        if (here < room) room = here;
    }
    fclose(file);
    return room;
}

/* ---- all of it ------------------------------------------------------------------------------- */

uint64_t memory_available(const char *root) {
    char path[PATH_MAX];
    uint64_t room = all_groups_room(root), kib;
    join(path, root, "/proc/meminfo");
    if (read_field(path, "MemAvailable", &kib) && kib < UINT64_MAX / 1024 && kib * 1024 < room)
        room = kib * 1024;
    return room;
}

const char *memory_format(uint64_t bytes, char *text, size_t capacity) {
    double size = (double)bytes;
    if (size >= 1024.0 * 1024 * 1024)
        snprintf(text, capacity, "%.1f GiB", size / (1024.0 * 1024 * 1024));
    else if (size >= 1024.0 * 1024)
        snprintf(text, capacity, "%.0f MiB", size / (1024.0 * 1024));
    else
        snprintf(text, capacity, "%.0f KiB", size / 1024);
    return text;
}
