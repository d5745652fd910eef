/* Monotonic time, for measurements and time-outs. Never wall-clock time. */
#ifndef AERIE_BASE_CLOCK_H
#define AERIE_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds since an arbitrary point that does not change while the process runs. */
static inline uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Milliseconds between two readings of clock_ns. */
static inline double clock_ms_between(uint64_t from_ns, uint64_t to_ns) {
    return (double)(to_ns - from_ns) / 1e6;
}

#endif
