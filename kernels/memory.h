/* Large zeroed buffers. */
#ifndef AERIE_KERNELS_MEMORY_H
#define AERIE_KERNELS_MEMORY_H

#include "base/error.h"

#include <stdint.h>

/* Zeroed memory on a cache-line boundary, released with memory_free. NULL with ERROR_MEMORY if
 * there is not enough; `what` names its purpose in the message. More than the machine's whole
 * physical memory is refused outright: the kernel might promise it and kill the process later. */
void *memory_allocate(uint64_t bytes, const char *what, struct error *err);
void memory_free(void *buffer); /* NULL is fine */

/* a * b, or UINT64_MAX where the product does not fit: a size no allocation will grant. */
uint64_t memory_product(uint64_t a, uint64_t b);

#endif
