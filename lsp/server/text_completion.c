/* textDocument/completion: the whole completion as one item of the ordinary list, for editors
 * without ghost text. */
#include "lsp/server/completion_job.h"
#include "lsp/server/features.h"
#include "lsp/server/params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_LABEL = 60, LONGEST_WORD = 200 };

static bool enabled(const struct settings_values *values) {
    return values->completion_enable;
}

static json_t *list(bool incomplete, json_t *item) {
    json_t *items = json_array();
    if (item != NULL) json_array_append_new(items, item);
    return json_pack("{s:b, s:o}", "isIncomplete", incomplete, "items", items);
}

static json_t *empty(bool passing) {
    return list(passing, NULL);
}

/* Bytes that belong to a word in any of the languages; all of UTF-8 beyond ASCII counts. */
static bool is_word(char c) {
    unsigned char u = (unsigned char)c;
    return u >= 0x80 || u == '_' || u == '$' || (u >= '0' && u <= '9') ||
           ((u | 0x20) >= 'a' && (u | 0x20) <= 'z');
}

static size_t line_length(const char *text, size_t length) {
    size_t n = 0;
    while (n < length && text[n] != '\n' && text[n] != '\r')
        n++;
    return n;
}

/* What the list shows: the first line that says anything, shortened. */
static json_t *make_label(const char *text, size_t length) {
    const char *mark = "";
    size_t at = 0, n = 0;
    while (at < length) {
        while (at < length && strchr(" \t\r\n", text[at]) != NULL) {
            if (text[at] == '\n') mark = "\xE2\x86\xB5 "; /* it begins on the next line */
            at++;
        }
        n = line_length(text + at, length - at);
        if (n > 0) break;
    }
    const char *more = "";
    if (n > LONGEST_LABEL) {
        n = LONGEST_LABEL;
        while (n > 0 && ((unsigned char)text[at + n] & 0xC0) == 0x80)
            n--;
        more = "\xE2\x80\xA6";
    }
    char label[LONGEST_LABEL + 16];
    snprintf(label, sizeof label, "%s%.*s%s", mark, (int)n, text + at, more);
    return json_string(label);
}

static json_t *make_item(const struct range *range, const char *text, size_t length) {
    size_t first = line_length(text, length);
    json_t *item = json_pack(
        "{s:o, s:i, s:s, s:s, s:i, s:i, s:{s:o, s:o}}", "label", make_label(text, length), "kind",
        1 /* Text */, "detail", "Aerie", "sortText", "~aerie" /* below everybody else's */,
        "insertTextFormat", 1 /* plain */, "insertTextMode", 1 /* indentation is right as it is */,
        "textEdit", "range", params_of_range(*range), "newText", json_stringn(text, length));
    /* Clients compare the word before the cursor with this and hide the item where they differ. */
    if (item != NULL && first > 0)
        json_object_set_new(item, "filterText", json_stringn(text, first));
    if (item != NULL && first < length)
        json_object_set_new(item, "documentation", json_stringn(text, length));
    return item;
}

/* The edit is widened to the beginning of the word at the cursor, since clients filter by that word
 * whether the edit covers it or not. */
static json_t *render(const struct server *server, const struct document *document, size_t offset,
                      size_t start, size_t end, const char *text, size_t length) {
    const char *all = document_text(document);
    size_t word = offset;
    while (word > 0 && offset - word < LONGEST_WORD && is_word(all[word - 1]))
        word--;
    while (word < offset && ((unsigned char)all[word] & 0xC0) == 0x80)
        word++;
    if (word > start) word = start;
    const struct range range = {document_position(document, word, server->client.encoding),
                                document_position(document, end, server->client.encoding)};
    if (range.start.line != range.end.line) return NULL;

    size_t before = start - word;
    char *whole = malloc(before + length + 1);
    if (whole == NULL) return NULL;
    memcpy(whole, all + word, before);
    memcpy(whole + before, text, length);
    json_t *item = make_item(&range, whole, before + length);
    free(whole);
    return item != NULL ? list(true, item) : NULL;
}

static const struct completion_kind kind = {
    .name = "completion",
    /* Short: editors show no other server's items until all have answered. */
    .patience_ms = 2000,
    .enabled = enabled,
    .empty = empty,
    .render = render,
};

static void on_completion(void *user, struct request *request, json_t *params) {
    struct server *server = user;
    const char *uri = params_uri(params);
    struct position position;
    if (uri == NULL || !params_position(json_object_get(params, "position"), &position)) {
        request_fail(request, JSONRPC_INVALID_PARAMS, "textDocument.uri or position is missing");
        return;
    }
    struct completion_place place = {.document = document_store_find(server->documents, uri)};
    if (place.document == NULL) {
        request_answer(request, empty(false));
        return;
    }
    place.offset = document_offset(place.document, position, server->client.encoding);
    /* Noise: a trigger character is some other server's (we announce none), and inside a word a
     * whole new text would be glued to its rest. */
    const json_t *context = json_object_get(params, "context");
    bool by_character = json_number_value(json_object_get(context, "triggerKind")) == 2;
    bool inside_word = place.offset < document_length(place.document) &&
                       is_word(document_text(place.document)[place.offset]);
    if (by_character || inside_word) {
        request_answer(request, empty(true));
        return;
    }
    completion_job_start(server, &kind, request, &place);
}

static void announce(const struct server *server, json_t *capabilities) {
    (void)server;
    json_object_set_new(capabilities, "completionProvider",
                        json_pack("{s:b}", "resolveProvider", 0));
}

static const struct method methods[] = {
    {"textDocument/completion", on_completion, NULL},
};

const struct feature feature_text_completion = {methods, sizeof methods / sizeof *methods, announce,
                                                NULL};
