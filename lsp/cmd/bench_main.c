/* aerie-bench: `aerie bench` alone, for machines without the server's libraries. */
#include "lsp/cmd/command.h"

int main(int argc, char **argv) {
    return command_bench(argc, argv);
}
