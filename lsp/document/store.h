/* The open documents, by URI. URIs are compared byte by byte, as the client spells them. */
#ifndef AERIE_LSP_DOCUMENT_STORE_H
#define AERIE_LSP_DOCUMENT_STORE_H

#include "lsp/document/document.h"

struct document_store;

struct document_store *document_store_create(struct error *err); /* NULL: ERROR_MEMORY */
void document_store_free(struct document_store *self); /* and every document; NULL is fine */

/* Takes the document over; one with the same URI that is there already is freed. On failure
 * (ERROR_MEMORY) the document stays the caller's. */
bool document_store_put(struct document_store *self, struct document *document, struct error *err);

/* NULL if there is none. The store keeps it. */
struct document *document_store_find(const struct document_store *self, const char *uri);

/* Frees the document; false if there is none. */
bool document_store_remove(struct document_store *self, const char *uri);

size_t document_store_length(const struct document_store *self);

/* Walks them in no particular order: start with *cursor = 0, NULL at the end. Nothing may be put or
 * removed meanwhile. */
struct document *document_store_next(const struct document_store *self, size_t *cursor);

#endif
