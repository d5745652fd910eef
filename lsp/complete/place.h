/* What the text around the cursor says, found once for trigger, mode and trimming. */
#ifndef AERIE_LSP_COMPLETE_PLACE_H
#define AERIE_LSP_COMPLETE_PLACE_H

#include "engine/tokenizer/tokenizer.h" /* struct text_view */

struct place {
    struct text_view text;           /* the whole document */
    size_t offset;                   /* the cursor */
    struct text_view before, after;  /* the cursor's line on both sides of it, without its ending */
    struct text_view previous, next; /* the nearest lines with something on them, or empty */
    const char *newline;             /* how this file ends its lines: "\n", "\r\n" or "\r" */
    bool blank_before, blank_after;  /* nothing but blanks there */
    bool last;                       /* nothing but blanks in the whole document after the cursor */
};

/* `text` is borrowed; offset <= length. Reads the lines around the cursor only, and the blank lines
 * next to them. */
struct place place_of(const char *text, size_t length, size_t offset);

/* A letter, a digit, an underscore, or part of a character outside ASCII. */
bool place_is_word(char byte);

/* Spaces, tabs and line endings. */
bool place_is_blank(char byte);
bool place_all_blank(struct text_view text);

/* Without blanks at its ends. */
struct text_view place_strip(struct text_view text);

/* The same but for blanks at their ends? */
bool place_same(struct text_view a, struct text_view b);

/* Columns of the blanks a line begins with; a tab counts to the next multiple of 4. */
size_t place_indent(struct text_view line);

/* Has a line nothing but brackets and punctuation, "});", or one short word, "fi"? Such lines
 * repeat in any code. */
bool place_is_trivial(struct text_view line);

#endif
