/* What `aerie doctor` found out, before anything is printed. */
#ifndef AERIE_LSP_CMD_DOCTOR_REPORT_H
#define AERIE_LSP_CMD_DOCTOR_REPORT_H

#include "base/error.h"
#include "kernels/cuda/probe.h"
#include "lsp/cmd/machine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DOCTOR_MAX_BACKENDS = 8, DOCTOR_MAX_PROBLEMS = 8 };

struct doctor_backend {
    const char *name;
    bool opens;
    char device[128];  /* if it opens */
    unsigned threads;  /* if it opens */
    char problem[512]; /* if it does not */
};

struct doctor_model {
    char *path;            /* malloc'ed; NULL: no such model */
    bool readable;         /* the file is a model this build can run, tokenizer included */
    char architecture[32]; /* the rest only if readable */
    uint64_t file_bytes;
    uint64_t parameters;
    uint32_t context; /* longest sequence the engine would accept */
    /* Bounds of what a loaded engine holds; with less than the lower one free, it does not load. */
    uint64_t least_memory_bytes, most_memory_bytes;
    char problem[512]; /* if not readable */
};

/* Something that keeps a completion from running. */
struct doctor_problem {
    char what[600];
    char mend[512]; /* a command, "" where none can */
};

struct doctor_report {
    struct machine machine;
    struct doctor_backend backends[DOCTOR_MAX_BACKENDS];
    size_t n_backends;
    bool cuda_built;
    struct cuda_probe cuda;
    char *store; /* malloc'ed folder of the models; NULL if there can be none */
    struct doctor_model model;
    struct doctor_problem problems[DOCTOR_MAX_PROBLEMS];
    size_t n_problems; /* 0: a completion can run */
};

/* Looks at everything; takes about as long as opening the model's file. `model_name` and
 * `backend_name` are what the user asked for (NULL, "auto" for the defaults). Never fails: what
 * went wrong is in the report. Give it back with doctor_report_free. */
void doctor_report_make(struct doctor_report *out, const char *model_name, const char *backend_name,
                        unsigned threads);
void doctor_report_free(struct doctor_report *self);

#endif
