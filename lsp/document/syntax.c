#include "lsp/document/syntax.h"

#include <stdlib.h>
#include <string.h>

struct syntax {
    const struct grammar *grammar;
    TSParser *parser;
    TSTree *tree; /* edited in place by syntax_edited; NULL before the first parse */
    bool current;
};

struct syntax *syntax_create(const struct grammar *grammar, struct error *err) {
    struct syntax *self = calloc(1, sizeof *self);
    if (self == NULL) goto no_memory;
    self->grammar = grammar;
    self->parser = ts_parser_new();
    if (self->parser == NULL) goto no_memory;
    if (!ts_parser_set_language(self->parser, grammar->language())) {
        error_set(err, ERROR_UNSUPPORTED, "the grammar of %s has another version than tree-sitter",
                  grammar->name);
        syntax_free(self);
        return NULL;
    }
    return self;

no_memory:
    error_set(err, ERROR_MEMORY, "no memory for a parser");
    syntax_free(self);
    return NULL;
}

void syntax_free(struct syntax *self) {
    if (self == NULL) return;
    if (self->tree != NULL) ts_tree_delete(self->tree);
    if (self->parser != NULL) ts_parser_delete(self->parser);
    free(self);
}

const struct grammar *syntax_grammar(const struct syntax *self) {
    return self->grammar;
}
bool syntax_is_current(const struct syntax *self) {
    return self->current;
}
const TSTree *syntax_tree(const struct syntax *self) {
    return self->tree;
}

static TSPoint point(struct text_point at) {
    return (TSPoint){at.row, at.column};
}

void syntax_edited(struct syntax *self, const struct text_edit *edit) {
    self->current = false;
    if (self->tree == NULL) return;
    if (edit->old_end > SYNTAX_MAX_BYTES || edit->new_end > SYNTAX_MAX_BYTES) {
        ts_tree_delete(self->tree); /* offsets of 32 bits would not do; there will be no tree */
        self->tree = NULL;
        return;
    }
    ts_tree_edit(self->tree, &(TSInputEdit){.start_byte = (uint32_t)edit->start,
                                            .old_end_byte = (uint32_t)edit->old_end,
                                            .new_end_byte = (uint32_t)edit->new_end,
                                            .start_point = point(edit->start_point),
                                            .old_end_point = point(edit->old_end_point),
                                            .new_end_point = point(edit->new_end_point)});
}

/* ---- parsing --------------------------------------------------------------------------------- */

struct source {
    const char *text;
    size_t length;
    const atomic_bool *cancel;
};

static const char *read_source(void *payload, uint32_t offset, TSPoint at, uint32_t *length) {
    (void)at;
    const struct source *source = payload;
    *length = offset < source->length ? (uint32_t)(source->length - offset) : 0;
    return source->text + (offset < source->length ? offset : source->length);
}

static bool stop_parsing(TSParseState *state) {
    const struct source *source = state->payload;
    return source->cancel != NULL && atomic_load_explicit(source->cancel, memory_order_relaxed);
}

static TSTree *run(TSParser *parser, const TSTree *old_tree, struct source *source) {
    TSInput input = {.payload = source, .read = read_source, .encoding = TSInputEncodingUTF8};
    TSParseOptions options = {.payload = source, .progress_callback = stop_parsing};
    TSTree *tree = ts_parser_parse_with_options(parser, old_tree, input, options);
    if (tree == NULL) ts_parser_reset(parser); /* or the next parse would resume this one */
    return tree;
}

bool syntax_parse(struct syntax *self, const char *text, size_t length, const atomic_bool *cancel,
                  struct error *err) {
    if (length > SYNTAX_MAX_BYTES)
        return error_set(err, ERROR_UNSUPPORTED, "%zu MB are too many for a syntax tree",
                         length >> 20);
    if (self->current) return true;
    struct source source = {text, length, cancel};
    TSTree *tree = run(self->parser, self->tree, &source);
    if (tree == NULL) return error_set(err, ERROR_CANCELLED, "parsing was stopped");
    syntax_adopt(self, tree);
    return true;
}

void syntax_adopt(struct syntax *self, TSTree *tree) {
    if (self->tree != NULL) ts_tree_delete(self->tree);
    self->tree = tree;
    self->current = true;
}

TSTree *syntax_parse_whole(const struct grammar *grammar, const char *text, size_t length,
                           const atomic_bool *cancel) {
    if (length > SYNTAX_MAX_BYTES) return NULL;
    TSParser *parser = ts_parser_new();
    if (parser == NULL) return NULL;
    TSTree *tree = NULL;
    if (ts_parser_set_language(parser, grammar->language()))
        tree = run(parser, NULL, &(struct source){text, length, cancel});
    ts_parser_delete(parser);
    return tree;
}

/* ---- reading --------------------------------------------------------------------------------- */

unsigned syntax_count_errors(TSNode node) {
    unsigned count = 0;
    TSTreeCursor cursor = ts_tree_cursor_new(node);
    for (bool more = true; more;) {
        TSNode at = ts_tree_cursor_current_node(&cursor);
        count += ts_node_is_error(at) || ts_node_is_missing(at);
        /* Only branches that hold an error are worth a visit. */
        more = ts_node_has_error(at) && ts_tree_cursor_goto_first_child(&cursor);
        while (!more) {
            if (ts_tree_cursor_goto_next_sibling(&cursor))
                more = true;
            else if (!ts_tree_cursor_goto_parent(&cursor))
                break;
        }
    }
    ts_tree_cursor_delete(&cursor);
    return count;
}
