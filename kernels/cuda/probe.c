#include "kernels/cuda/probe.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The part of the driver's ABI used here. Names, values and argument lists are those of NVIDIA's
 * "CUDA Driver API" reference; they have been stable since CUDA 3.2, where cuDeviceTotalMem got its
 * _v2 for sizes above 4 GiB. */
typedef int cu_result;
enum {
    CU_SUCCESS = 0,
    CU_NO_DEVICE = 100,
    CU_SYSTEM_DRIVER_MISMATCH = 803,
    CU_ATTRIBUTE_MULTIPROCESSORS = 16,
    CU_ATTRIBUTE_CAPABILITY_MAJOR = 75,
    CU_ATTRIBUTE_CAPABILITY_MINOR = 76,
};

struct driver {
    void *library;
    cu_result (*init)(unsigned flags);
    cu_result (*driver_get_version)(int *version);
    cu_result (*device_get_count)(int *count);
    cu_result (*device_get)(int *device, int ordinal);
    cu_result (*device_get_name)(char *name, int length, int device);
    cu_result (*device_total_mem)(size_t *bytes, int device);
    cu_result (*device_get_attribute)(int *value, int attribute, int device);
};

static void problem(struct cuda_probe *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void problem(struct cuda_probe *out, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(out->problem, sizeof out->problem, format, args);
    va_end(args);
}

/* Stores the address of `name` in *slot, a function pointer of any type. */
static bool load_symbol(void *library, const char *name, void *slot) {
    void *address = dlsym(library, name);
    /* ISO C has no conversion from object to function pointer; POSIX promises equal width. */
    memcpy(slot, &address, sizeof address);
    return address != NULL;
}

static bool driver_open(struct driver *self) {
    self->library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (self->library == NULL) return false;
    bool complete = load_symbol(self->library, "cuInit", &self->init) &&
                    load_symbol(self->library, "cuDriverGetVersion", &self->driver_get_version) &&
                    load_symbol(self->library, "cuDeviceGetCount", &self->device_get_count) &&
                    load_symbol(self->library, "cuDeviceGet", &self->device_get) &&
                    load_symbol(self->library, "cuDeviceGetName", &self->device_get_name) &&
                    load_symbol(self->library, "cuDeviceTotalMem_v2", &self->device_total_mem) &&
                    load_symbol(self->library, "cuDeviceGetAttribute", &self->device_get_attribute);
    if (!complete) dlclose(self->library);
    return complete;
}

static void read_driver_version(char *out, size_t size) {
    FILE *file = fopen("/sys/module/nvidia/version", "r");
    if (file == NULL) return;
    if (fgets(out, (int)size, file) != NULL) out[strcspn(out, "\n")] = '\0';
    fclose(file);
}

static bool probe_device(const struct driver *driver, int ordinal, struct cuda_device *out) {
    int device = 0, multiprocessors = 0, major = 0, minor = 0;
    size_t bytes = 0;
    bool ok =
        driver->device_get(&device, ordinal) == CU_SUCCESS &&
        driver->device_get_name(out->name, sizeof out->name, device) == CU_SUCCESS &&
        driver->device_total_mem(&bytes, device) == CU_SUCCESS &&
        driver->device_get_attribute(&multiprocessors, CU_ATTRIBUTE_MULTIPROCESSORS, device) ==
            CU_SUCCESS &&
        driver->device_get_attribute(&major, CU_ATTRIBUTE_CAPABILITY_MAJOR, device) == CU_SUCCESS &&
        driver->device_get_attribute(&minor, CU_ATTRIBUTE_CAPABILITY_MINOR, device) == CU_SUCCESS;
    out->name[sizeof out->name - 1] = '\0';
    out->memory_bytes = bytes;
    out->capability_major = major;
    out->capability_minor = minor;
    out->multiprocessors = multiprocessors;
    return ok;
}

void cuda_probe(struct cuda_probe *out) {
    *out = (struct cuda_probe){0};
    struct driver driver = {0};
    if (!driver_open(&driver)) {
        problem(out, "no NVIDIA driver (libcuda.so.1 not found)");
        return;
    }
    out->driver_found = true;
    read_driver_version(out->driver_version, sizeof out->driver_version);
    int version = 0;
    if (driver.driver_get_version(&version) == CU_SUCCESS) {
        out->cuda_major = version / 1000;
        out->cuda_minor = version % 1000 / 10;
    }
    int count = 0;
    cu_result result = driver.init(0);
    if (result == CU_SUCCESS) result = driver.device_get_count(&count);
    if (result == CU_NO_DEVICE || (result == CU_SUCCESS && count == 0)) {
        problem(out, "the NVIDIA driver sees no GPU");
    } else if (result == CU_SYSTEM_DRIVER_MISMATCH) {
        problem(out, "the NVIDIA kernel module and libcuda.so.1 are of different versions");
    } else if (result != CU_SUCCESS) {
        problem(out, "the NVIDIA driver does not start (CUDA error %d)", result);
    } else {
        for (int i = 0; i < count && out->n_devices < CUDA_PROBE_MAX_DEVICES; i++)
            if (probe_device(&driver, i, &out->devices[out->n_devices])) out->n_devices++;
        if (out->n_devices == 0) problem(out, "the NVIDIA driver does not answer for its GPUs");
    }
    /* The library stays open: unloading a driver that has started threads is not safe. */
}

bool cuda_backend_built(void) {
#ifdef AERIE_HAVE_CUDA_BACKEND
    return true;
#else
    return false;
#endif
}
