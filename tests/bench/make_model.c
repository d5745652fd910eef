/* make_random_model SHAPE TYPE OUT: a model with random weights, for benchmarks and tests. */
#include "tests/support/random_gguf.h"

#include <stdio.h>

static int usage(void) {
    fprintf(stderr, "usage: make_random_model SHAPE TYPE OUT\nSHAPE is one of");
    for (const char *const *name = random_gguf_shapes; *name != NULL; name++)
        fprintf(stderr, " %s", *name);
    fprintf(stderr, "\nTYPE is one of");
    for (size_t i = 0; i < tensor_type_count; i++)
        fprintf(stderr, " %s", tensor_types[i].name);
    fprintf(stderr, "\n");
    return 2;
}

int main(int argc, char **argv) {
    struct random_gguf options;
    if (argc != 4 || !random_gguf_shape(argv[1], &options)) return usage();
    const struct tensor_type_info *type = tensor_type_by_name(argv[2]);
    if (type == NULL) return usage();
    if (options.d_model % type->block_elements != 0 || options.d_ff % type->block_elements != 0) {
        fprintf(stderr, "make_random_model: rows of %s do not divide into blocks of %s\n", argv[1],
                type->name);
        return 1;
    }
    options.type = type->type;
    struct error err = ERROR_INIT;
    if (random_gguf_write(&options, argv[3], &err)) return 0;
    fprintf(stderr, "make_random_model: %s\n", err.message);
    return 1;
}
