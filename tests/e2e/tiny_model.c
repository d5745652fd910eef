/* tiny_model PATH: a small random model with a working vocabulary, for tests that need the engine
 * to run but not to make sense. */
#include "tests/support/random_gguf.h"

#include <stdio.h>

int main(int argc, char **argv) {
    if (argc != 2) {
        fputs("usage: tiny_model PATH\n", stderr);
        return 2;
    }
    struct error err = ERROR_INIT;
    const struct random_gguf options = {
        .type = TENSOR_Q4_0, .tied = true, .fim = true, .seed = 1, .n_context = 2048};
    if (!random_gguf_write(&options, argv[1], &err)) {
        fprintf(stderr, "tiny_model: %s\n", err.message);
        return 1;
    }
    return 0;
}
