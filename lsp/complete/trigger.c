#include "lsp/complete/trigger.h"

#include <string.h>

enum { LONGEST_LINE = 4096 }; /* bytes before the cursor; longer lines are data or minified code */

/* Words that begin a line on which a ";" is not the end: `if test -f x; then`. */
static bool begins_condition(struct text_view line) {
    static const char *const words[] = {"if", "elif", "for", "while", "until", "select", "case"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if (line.length > length && memcmp(line.bytes, words[i], length) == 0 &&
            !place_is_word(line.bytes[length]))
            return true;
    }
    return false;
}

/* A ";" ends a statement, unless a bracket is open before it, for (i = 0;^, and so does a line of
 * closing brackets. */
static bool ends_statement(struct text_view before) {
    struct text_view line = place_strip(before);
    if (line.length == 0 || begins_condition(line)) return false;
    char last = line.bytes[line.length - 1];
    if (last != ';' && !(last == '}' && place_is_trivial(line))) return false;
    int depth = 0;
    for (size_t i = 0; i < line.length; i++) {
        if (line.bytes[i] == '(' || line.bytes[i] == '[') depth++;
        if (line.bytes[i] == ')' || line.bytes[i] == ']') depth--;
    }
    return depth <= 0;
}

const char *trigger_decline(const struct place *place) {
    if (place_all_blank((struct text_view){place->text.bytes, place->offset}) && place->last)
        return "empty document";
    if (place->after.length > 0 && place_is_word(place->after.bytes[0])) return "middle of a word";
    if (place->before.length > LONGEST_LINE) return "line too long";
    if (memchr(place->text.bytes, '\0', place->text.length) != NULL) return "not a text file";
    if (place->blank_after && ends_statement(place->before)) return "after a whole statement";
    return NULL;
}
