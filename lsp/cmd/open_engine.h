/* The engine a command line asks for. */
#ifndef AERIE_LSP_CMD_OPEN_ENGINE_H
#define AERIE_LSP_CMD_OPEN_ENGINE_H

#include "engine/engine.h"
#include "lsp/cmd/command.h"

/* Finds --model and loads it with --backend and --threads, telling on_progress (often
 * progress_load) how far it is. NULL on failure: as store_resolve and engine_open. */
struct engine *open_engine(const struct common_options *common,
                           bool (*on_progress)(void *user, float fraction), struct error *err);

#endif
