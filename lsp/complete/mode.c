#include "lsp/complete/mode.h"

#include <string.h>

static bool ends_with_word(struct text_view line, const char *word) {
    size_t length = strlen(word);
    return line.length >= length && memcmp(line.bytes + line.length - length, word, length) == 0 &&
           (line.length == length || !place_is_word(line.bytes[line.length - length - 1]));
}

/* Does this line, up to the cursor, end with what opens a block or a list? */
static bool opens(struct text_view before) {
    struct text_view line = place_strip(before);
    return line.length > 0 && (memchr("{([:", line.bytes[line.length - 1], 4) != NULL ||
                               ends_with_word(line, "then") || ends_with_word(line, "do"));
}

enum completion_mode mode_of(const struct place *place) {
    if (!place->blank_after) return MODE_LINE;
    if (place->blank_before) return MODE_LINES;
    if (!opens(place->before)) return MODE_LINE;
    bool has_body = place_indent(place->next) > place_indent(place->before);
    return has_body ? MODE_LINE : MODE_BODY;
}

unsigned mode_max_tokens(enum completion_mode mode) {
    return mode == MODE_LINE ? 40 : 96;
}
