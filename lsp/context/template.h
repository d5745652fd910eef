/* How a vocabulary wants a prompt laid out. The templates are data: one row a family. */
#ifndef AERIE_LSP_CONTEXT_TEMPLATE_H
#define AERIE_LSP_CONTEXT_TEMPLATE_H

#include "engine/tokenizer/tokenizer.h"

enum template_order {
    ORDER_LEFT_TO_RIGHT, /* header prefix */
    ORDER_PSM, /* <prefix> header prefix <suffix> suffix <middle> (Bavarian et al. 2022) */
};

struct template {
    const char *name;
    enum template_order order;
    /* The line that tells the path: before + path + after, as plain text. NULL: a comment in the
     * document's language. */
    const char *path_before, *path_after;
};

/* Chosen by the special tokens the vocabulary has. Static, never NULL. */
const struct template *template_of(const struct tokenizer *tokenizer);

#endif
