#include "kernels/memory.h"

#include <stdlib.h>
#include <unistd.h>

enum { CACHE_LINE = 64 };

uint64_t memory_product(uint64_t a, uint64_t b) {
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t physical_memory(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    if (pages <= 0 || page_bytes <= 0) return UINT64_MAX / 2;
    return memory_product((uint64_t)pages, (uint64_t)page_bytes);
}

void *memory_allocate(uint64_t bytes, const char *what, struct error *err) {
    unsigned char *start = NULL;
    /* calloc leaves large blocks to the zero pages of the kernel: no page costs anything before it
     * is used. The address it gave is kept just before the aligned buffer. */
    if (bytes < physical_memory()) start = calloc(1, (size_t)bytes + CACHE_LINE + sizeof start);
    if (start == NULL) {
        error_set(err, ERROR_MEMORY,
                  "not enough memory for %s: %.1f MiB asked; use a smaller model or context", what,
                  (double)bytes / 1048576.0);
        return NULL;
    }
    uintptr_t aligned = ((uintptr_t)start + sizeof start + CACHE_LINE - 1) & ~(CACHE_LINE - 1ull);
    void **buffer = (void **)aligned;
    buffer[-1] = start;
    return buffer;
}

void memory_free(void *buffer) {
    if (buffer != NULL) free(((void **)buffer)[-1]);
}
