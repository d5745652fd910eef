#include "engine/model/gguf_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The end of a path, short enough to leave room for what is wrong with the file. */
static const char *path_tail(const char *path) {
    enum { KEEP = 160 };
    size_t length = strlen(path);
    return length <= KEEP ? path : path + length - KEEP;
}

static bool map_file(struct gguf *self, const char *path, struct error *err) {
    /* O_NONBLOCK: opening a FIFO by mistake must not hang. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return error_set_errno(err, ERROR_IO, errno, "cannot open %s", path_tail(path));
    bool ok = false;
    struct stat info;
    if (fstat(fd, &info) != 0) {
        error_set_errno(err, ERROR_IO, errno, "cannot read %s", path_tail(path));
        goto done;
    }
    if (!S_ISREG(info.st_mode)) {
        error_set(err, ERROR_IO, "%s is not a regular file", path_tail(path));
        goto done;
    }
    if (info.st_size == 0) {
        error_set(err, ERROR_FORMAT, "%s is empty; download it again", path_tail(path));
        goto done;
    }
    if ((uint64_t)info.st_size > SIZE_MAX) {
        error_set(err, ERROR_MEMORY, "%s is larger than the address space", path_tail(path));
        goto done;
    }
    void *mapping = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapping == MAP_FAILED) {
        error_set_errno(err, errno == ENOMEM ? ERROR_MEMORY : ERROR_IO, errno, "cannot map %s",
                        path_tail(path));
        goto done;
    }
    self->mapping = mapping;
    self->bytes = mapping;
    self->size = (uint64_t)info.st_size;
    ok = true;
done:
    close(fd);
    return ok;
}

struct gguf *gguf_open(const char *path, struct error *err) {
    struct gguf *self = calloc(1, sizeof *self);
    if (self == NULL) {
        error_set(err, ERROR_MEMORY, "not enough memory to open %s", path_tail(path));
        return NULL;
    }
    if (!map_file(self, path, err)) goto fail;
    struct error inner = ERROR_INIT;
    if (!gguf_parse(self, &inner)) {
        error_set(err, inner.code, "%s: %s", path_tail(path), inner.message);
        goto fail;
    }
    return self;
fail:
    gguf_close(self);
    return NULL;
}

struct gguf *gguf_open_memory(const void *bytes, size_t length, struct error *err) {
    if ((uintptr_t)bytes % 8 != 0) {
        error_set(err, ERROR_ARGUMENT, "a GGUF in memory must be aligned to 8 bytes");
        return NULL;
    }
    struct gguf *self = calloc(1, sizeof *self);
    if (self == NULL) {
        error_set(err, ERROR_MEMORY, "not enough memory to open a GGUF");
        return NULL;
    }
    self->bytes = bytes;
    self->size = length;
    if (!gguf_parse(self, err)) {
        gguf_close(self);
        return NULL;
    }
    return self;
}

void gguf_close(struct gguf *self) {
    if (self == NULL) return;
    free(self->tensor_order);
    free(self->tensors);
    free(self->entry_order);
    free(self->entries);
    if (self->mapping != NULL) munmap(self->mapping, (size_t)self->size);
    free(self);
}

uint32_t gguf_version(const struct gguf *self) {
    return self->version;
}

uint64_t gguf_file_bytes(const struct gguf *self) {
    return self->size;
}

size_t gguf_n_tensors(const struct gguf *self) {
    return self->n_tensors;
}

const struct gguf_tensor *gguf_tensor_at(const struct gguf *self, size_t index) {
    return &self->tensors[index];
}

const struct gguf_tensor *gguf_find_tensor(const struct gguf *self, const char *name) {
    struct text_view wanted = {name, strlen(name)};
    size_t low = 0, high = self->n_tensors;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct gguf_tensor *tensor = &self->tensors[self->tensor_order[middle]];
        int order = gguf_compare_names(tensor->name, wanted);
        if (order == 0) return tensor;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
