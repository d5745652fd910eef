#include "lsp/cmd/open_engine.h"

#include "engine/model/store.h"

#include <stdlib.h>

struct engine *open_engine(const struct common_options *common,
                           bool (*on_progress)(void *user, float fraction), struct error *err) {
    char *path = store_resolve(common->model, err);
    if (path == NULL) return NULL;
    struct engine *engine = engine_open(&(struct engine_options){.model_path = path,
                                                                 .backend = common->backend,
                                                                 .threads = common->threads,
                                                                 .on_progress = on_progress},
                                        err);
    free(path);
    return engine;
}
