/* Which NVIDIA GPUs this machine has, asked of the driver alone.
 *
 * The driver library is opened at run time, so the probe is part of every build and needs no CUDA
 * Toolkit. It creates no context and allocates nothing on a device. */
#ifndef AERIE_KERNELS_CUDA_PROBE_H
#define AERIE_KERNELS_CUDA_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CUDA_PROBE_MAX_DEVICES = 16 };

struct cuda_device {
    char name[96];                              /* "NVIDIA H100 80GB HBM3" */
    uint64_t memory_bytes;                      /* all of it, in use or not */
    int32_t capability_major, capability_minor; /* 9, 0 */
    int32_t multiprocessors;
};

struct cuda_probe {
    bool driver_found;              /* libcuda.so.1 could be opened and is complete */
    int32_t cuda_major, cuda_minor; /* newest CUDA version the driver serves; 0, 0 unknown */
    char driver_version[32];        /* "550.54.15", "" where the kernel module does not say */
    struct cuda_device devices[CUDA_PROBE_MAX_DEVICES];
    size_t n_devices;
    char problem[160]; /* why there is no usable device; "" if there is one */
};

/* Fills *out; never fails: what is missing is in `problem`. Takes up to a second on a machine whose
 * driver is not loaded yet. Any thread. */
void cuda_probe(struct cuda_probe *out);

/* Was the CUDA backend compiled into this program? */
bool cuda_backend_built(void);

#endif
