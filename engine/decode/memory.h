/* How much memory this process may still take before the machine, or the control group it runs in,
 * is out of it. */
#ifndef AERIE_ENGINE_DECODE_MEMORY_H
#define AERIE_ENGINE_DECODE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Bytes: the least of MemAvailable and, for every control group (v1, v2) around this process that
 * has a limit, that limit less what is used and cannot be dropped. File pages in the page cache
 * count as available: the system drops them when it needs room. UINT64_MAX where nothing is known.
 * `root` stands before the paths of /proc and /sys: "" but in tests. */
uint64_t memory_available(const char *root);

/* "3.9 GiB", "512 MiB", "96 KiB" into text; returns text. */
const char *memory_format(uint64_t bytes, char *text, size_t capacity);

#endif
