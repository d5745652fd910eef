#include "engine/model/store.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static bool out_of_memory(struct error *err) {
    return error_set(err, ERROR_MEMORY, "not enough memory");
}

/* malloc'ed "folder/name". */
static char *join(const char *folder, const char *name, struct error *err) {
    size_t n = strlen(folder) + strlen(name) + 2;
    char *path = malloc(n);
    if (path == NULL)
        out_of_memory(err);
    else
        snprintf(path, n, "%s/%s", folder, name);
    return path;
}

char *store_folder(struct error *err) {
    /* The XDG Base Directory Specification ignores relative paths. */
    const char *data = getenv("XDG_DATA_HOME");
    if (data != NULL && *data == '/') return join(data, "aerie/models", err);
    const char *home = getenv("HOME");
    if (home == NULL || *home == '\0') {
        error_set(err, ERROR_ARGUMENT,
                  "cannot tell where models are: neither XDG_DATA_HOME nor HOME is set");
        return NULL;
    }
    return join(home, ".local/share/aerie/models", err);
}

/* ---- listing --------------------------------------------------------------------------------- */

static bool is_gguf_name(const char *name) {
    size_t n = strlen(name);
    return n > 5 && name[0] != '.' && strcasecmp(name + n - 5, ".gguf") == 0;
}

static bool is_file(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static int compare_names(const void *a, const void *b) {
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    int order = strcasecmp(x, y);
    return order != 0 ? order : strcmp(x, y);
}

/* Appends a copy of `name` if it is a model of the folder. */
static bool collect(const char *folder, const char *name, char ***names, size_t *n,
                    struct error *err) {
    if (!is_gguf_name(name)) return true;
    char *path = join(folder, name, err);
    if (path == NULL) return false;
    bool file = is_file(path);
    free(path);
    if (!file) return true;
    char **grown = realloc(*names, (*n + 1) * sizeof *grown);
    if (grown == NULL) return out_of_memory(err);
    *names = grown;
    grown[*n] = strdup(name);
    if (grown[*n] == NULL) return out_of_memory(err);
    (*n)++;
    return true;
}

static bool list_folder(const char *folder, char ***names, size_t *n_names, struct error *err) {
    *names = NULL;
    *n_names = 0;
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        if (errno == ENOENT) return true;
        return error_set_errno(err, ERROR_IO, errno, "cannot read %s", folder);
    }
    bool ok = true;
    while (ok) {
        errno = 0;
        struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            if (errno != 0) ok = error_set_errno(err, ERROR_IO, errno, "cannot read %s", folder);
            break;
        }
        ok = collect(folder, entry->d_name, names, n_names, err);
    }
    closedir(dir);
    if (!ok) {
        store_list_free(*names, *n_names);
        *names = NULL;
        *n_names = 0;
        return false;
    }
    if (*n_names > 1) qsort(*names, *n_names, sizeof **names, compare_names);
    return true;
}

bool store_list(char ***names, size_t *n_names, struct error *err) {
    *names = NULL;
    *n_names = 0;
    char *folder = store_folder(err);
    if (folder == NULL) return false;
    bool ok = list_folder(folder, names, n_names, err);
    free(folder);
    return ok;
}

void store_list_free(char **names, size_t n_names) {
    for (size_t i = 0; i < n_names; i++)
        free(names[i]);
    free(names);
}

/* ---- resolving ------------------------------------------------------------------------------- */

/* Does the user's name mean this file? With or without ".gguf", in any case. */
static bool matches(const char *name, const char *file) {
    size_t length = strlen(name);
    return strcasecmp(name, file) == 0 ||
           (strlen(file) == length + 5 && strncasecmp(name, file, length) == 0);
}

static void no_such_model(const char *name, const char *folder, char **names, size_t n,
                          struct error *err) {
    char there[160] = "";
    size_t used = 0;
    for (size_t i = 0; i < n && used < sizeof there; i++)
        used +=
            (size_t)snprintf(there + used, sizeof there - used, "%s%s", i ? ", " : "", names[i]);
    if (used >= sizeof there) strcpy(there + sizeof there - 4, "...");
    error_set(err, ERROR_IO,
              "no model %.80s in %.120s (%s%s); run ./try to get the default model, or give the "
              "path of a GGUF file",
              name, folder, n ? "there is " : "it is empty", there);
}

static char *find_in_store(const char *name, struct error *err) {
    char *folder = store_folder(err);
    if (folder == NULL) return NULL;
    char *path = NULL, **names;
    size_t n;
    if (list_folder(folder, &names, &n, err)) {
        /* The exact spelling goes before any other that matches. */
        const char *found = NULL;
        for (size_t i = 0; i < n; i++)
            if (matches(name, names[i]) && (found == NULL || strcmp(name, names[i]) == 0))
                found = names[i];
        if (found != NULL)
            path = join(folder, found, err);
        else
            no_such_model(name, folder, names, n, err);
        store_list_free(names, n);
    }
    free(folder);
    return path;
}

char *store_resolve(const char *name, struct error *err) {
    if (name == NULL || *name == '\0') name = STORE_DEFAULT_MODEL;
    struct stat info;
    if (strchr(name, '/') == NULL && !(stat(name, &info) == 0 && S_ISREG(info.st_mode)))
        return find_in_store(name, err);
    if (stat(name, &info) != 0) {
        error_set_errno(err, ERROR_IO, errno, "cannot open model %.300s", name);
        return NULL;
    }
    char *path = strdup(name);
    if (path == NULL) out_of_memory(err);
    return path;
}
