#include "lsp/complete/overlap.h"

#include <string.h>

/* How deep in brackets, and in which string, a text is at some byte. */
struct nesting {
    unsigned depth;
    char quote;   /* the one that closes the string we are in, 0 outside */
    bool escaped; /* the byte before was a backslash in a string */
    bool angles;  /* < and > are brackets, too */
};

static bool opens(const struct nesting *self, char c) {
    return c == '(' || c == '[' || c == '{' || (self->angles && c == '<');
}

static bool closes(const struct nesting *self, char c) {
    return c == ')' || c == ']' || c == '}' || (self->angles && c == '>');
}

static void step(struct nesting *self, char c) {
    if (self->escaped) {
        self->escaped = false;
    } else if (c == '\n') {
        self->quote = 0; /* an apostrophe in a comment must not swallow the lines after it */
    } else if (self->quote != 0) {
        self->escaped = c == '\\';
        if (c == self->quote) self->quote = 0;
    } else if (c == '"' || c == '\'' || c == '`') {
        self->quote = c;
    } else if (opens(self, c)) {
        self->depth++;
    } else if (closes(self, c) && self->depth > 0) {
        self->depth--;
    }
}

enum agreement {
    DIFFERENT,
    ALL_OF_REST, /* the whole rest of the line is there */
    END_OF_TEXT, /* the text ended first: more of it would decide */
};

static bool inside_word(char left, char right) {
    return place_is_word(left) && place_is_word(right);
}

/* Compares text[at ..) with the rest of the line, blind to blanks. */
static enum agreement compare(struct text_view rest, const char *text, size_t length, size_t at) {
    if (at > 0 && inside_word(text[at - 1], text[at])) return DIFFERENT;
    size_t i = at, j = 0;
    for (;;) {
        while (j < rest.length && place_is_blank(rest.bytes[j]))
            j++;
        while (i < length && place_is_blank(text[i]) && text[i] != '\n')
            i++;
        if (j == rest.length) {
            if (!place_is_word(rest.bytes[j - 1])) return ALL_OF_REST;
            if (i == length) return END_OF_TEXT;
            return inside_word(text[i - 1], text[i]) ? DIFFERENT : ALL_OF_REST;
        }
        if (i == length) return END_OF_TEXT;
        if (text[i] != rest.bytes[j]) return DIFFERENT;
        i++;
        j++;
    }
}

/* A bracket on a line of its own closes what the line after the cursor closes only if both stand
 * in the same column. */
static bool closes_same_block(const struct place *place, const char *text, size_t at) {
    size_t start = at;
    while (start > 0 && text[start - 1] != '\n')
        start--;
    struct text_view blanks = {text + start, at - start};
    if (!place_all_blank(blanks)) return true;
    if (start == 0 && !place->blank_before) return true;
    size_t indent = place_indent(blanks) + (start == 0 ? place_indent(place->before) : 0);
    return indent == place_indent(place->next);
}

size_t overlap_find(const struct place *place, const char *text, size_t length, bool whole) {
    struct text_view rest = place_strip(place->after);
    struct text_view coming = rest.length > 0 ? rest : place_strip(place->next);
    char first = coming.length > 0 ? coming.bytes[0] : '\0';

    struct nesting nesting = {.angles = first == '>'};
    for (size_t i = 0; i < place->before.length; i++)
        step(&nesting, place->before.bytes[i]);
    char outer_quote = nesting.quote; /* of the string the cursor is in */
    nesting.depth = 0;                /* from here on: brackets of the completion */

    bool undecided = false; /* an earlier cut may come of what follows */
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool ends_string = nesting.quote != 0 && c == nesting.quote && !nesting.escaped;
        bool outside = nesting.quote == 0 || nesting.quote == outer_quote;
        if (outside && nesting.depth == 0 && !place_is_blank(c)) {
            bool cut = ends_string && rest.length > 0 && c == first;
            if (nesting.quote == 0 && closes(&nesting, c) && c == first)
                cut = rest.length > 0 || closes_same_block(place, text, i);
            enum agreement agreement = rest.length > 0 ? compare(rest, text, length, i) : DIFFERENT;
            if (cut || agreement == ALL_OF_REST || (agreement == END_OF_TEXT && whole))
                return undecided ? length : i;
            undecided = undecided || agreement == END_OF_TEXT;
        }
        step(&nesting, c);
        if (ends_string || c == '\n') outer_quote = 0;
    }
    return length;
}
