#include "lsp/cmd/ghost_text.h"

#include "lsp/document/utf8.h"

#include <string.h>

enum { LINES_AROUND = 4, WIDEST = 120 };

/* The middle of the 256 colours' grey ramp: readable on dark and on light. */
#define GREY  "\033[38;5;244m"
#define FAINT "\033[2m"
#define RESET "\033[0m"

/* As much of one line as fits; what is no printable character becomes "?". */
static void print_text(FILE *out, const char *text, size_t length) {
    size_t columns = 0;
    for (size_t i = 0; i < length && columns < WIDEST; columns++) {
        size_t n;
        uint32_t code = utf8_decode(text + i, length - i, &n);
        if (code == '\t')
            fputs("    ", out);
        else if (code < ' ' || (code >= 0x7f && code < 0xa0) || code == 0xfffd)
            fputc('?', out);
        else
            fwrite(text + i, 1, n, out);
        i += n;
    }
    if (columns == WIDEST) fputs("…", out);
}

static void print_gutter(FILE *out, uint32_t number) {
    if (number > 0)
        fprintf(out, FAINT "%5u │ " RESET, (unsigned)number);
    else
        fputs(FAINT "      │ " RESET, out);
}

/* The text, grey, a gutter before each line but the first; the last one is left open. */
static void print_ghost(FILE *out, const char *text, size_t length) {
    for (size_t start = 0;;) {
        size_t n = 0;
        while (start + n < length && text[start + n] != '\n' && text[start + n] != '\r')
            n++;
        fputs(GREY, out);
        print_text(out, text + start, n);
        fputs(RESET, out);
        start += n;
        if (start == length) return;
        start += text[start] == '\r' && start + 1 < length && text[start + 1] == '\n' ? 2 : 1;
        fputc('\n', out);
        print_gutter(out, 0);
    }
}

void ghost_text_print(FILE *out, const struct document *document, size_t offset, const char *text,
                      size_t length) {
    const char *all = document_text(document);
    uint32_t cursor = document_position(document, offset, ENCODING_UTF8).line;
    uint32_t first = cursor > LINES_AROUND ? cursor - LINES_AROUND : 0;
    uint32_t last = document_n_lines(document) - 1;
    if (last > cursor + LINES_AROUND) last = cursor + LINES_AROUND;
    for (uint32_t line = first; line <= last; line++) {
        size_t start = document_offset(document, (struct position){line, 0}, ENCODING_UTF8);
        size_t end = document_offset(document, (struct position){line, UINT32_MAX}, ENCODING_UTF8);
        print_gutter(out, line + 1);
        if (line == cursor) {
            print_text(out, all + start, offset - start);
            print_ghost(out, text, length);
            start = offset;
        }
        print_text(out, all + start, end - start);
        fputc('\n', out);
    }
}
