#include "lsp/context/template.h"

#include <stdbool.h>
#include <string.h>

/* The first row whose marker the vocabulary holds (NULL: always) and whose order it has the tokens
 * for. */
static const struct {
    const char *marker;
    struct template template;
} table[] = {
    /* Aquila saw its training files under this header, written out as ordinary text. */
    {"<|LDWANG|>", {"aquila", ORDER_LEFT_TO_RIGHT, "<filename>", "\n"}},
    {NULL, {"fill-in-the-middle", ORDER_PSM, NULL, NULL}},
    {NULL, {"left-to-right", ORDER_LEFT_TO_RIGHT, NULL, NULL}},
};
enum { N_TEMPLATES = sizeof table / sizeof *table };

const struct template *template_of(const struct tokenizer *tokenizer) {
    bool fills_in = tokenizer_fim_prefix(tokenizer) >= 0 && tokenizer_fim_suffix(tokenizer) >= 0 &&
                    tokenizer_fim_middle(tokenizer) >= 0;
    for (size_t i = 0; i + 1 < N_TEMPLATES; i++) {
        const char *marker = table[i].marker;
        if (marker != NULL && tokenizer_find(tokenizer, marker, strlen(marker)) < 0) continue;
        if (table[i].template.order == ORDER_PSM && !fills_in) continue;
        return &table[i].template;
    }
    return &table[N_TEMPLATES - 1].template;
}
