#include "lsp/context/prompt.h"

#include "lsp/context/languages.h"
#include "lsp/context/template.h"
#include "lsp/context/window.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* Source code has three to four bytes a token; a window that turns out to be too long is
     * shortened by whole steps. */
    BYTES_PER_TOKEN = 4,
    STEPS_PER_WINDOW = 8,
    SUFFIX_SHARE = 4, /* the text after the cursor gets at most one token in four */
    LONGEST_PATH = 200,
};

/* A text to be encoded in one go. */
struct buffer {
    char *bytes;
    size_t length;
};

static void append(struct buffer *self, const char *bytes, size_t length) {
    memcpy(self->bytes + self->length, bytes, length);
    self->length += length;
}

/* With \r\n and lone \r as \n; models know little else. */
static void append_text(struct buffer *self, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\r') {
            if (i + 1 < length && text[i + 1] == '\n') continue;
            self->bytes[self->length++] = '\n';
        } else {
            self->bytes[self->length++] = text[i];
        }
    }
}

/* The line with the path; nothing where neither the template nor the language has a form for it. */
static void append_header(struct buffer *self, const struct template *template,
                          const struct prompt_input *input) {
    const struct language *language = language_by_id(input->language_id);
    const char *before = template->path_before, *after = template->path_after;
    if (before == NULL) {
        before = language->comment_before;
        after = language->comment_after;
    }
    if (input->path[0] == '\0' || before[0] == '\0') return;
    append(self, before, strlen(before));
    size_t length = strlen(input->path);
    const char *path = input->path;
    if (length > LONGEST_PATH) {
        path += length - LONGEST_PATH;
        length = LONGEST_PATH;
    }
    for (size_t i = 0; i < length; i++) /* a line break in a file name must not end the comment */
        self->bytes[self->length++] = (unsigned char)path[i] < ' ' ? '?' : path[i];
    append(self, after, strlen(after));
    if (self->bytes[self->length - 1] != '\n') self->bytes[self->length++] = '\n';
}

/* Header and text before the cursor as tokens, at most max_tokens, into *out (emptied first). */
static bool encode_before(struct prompt *prompt, const struct tokenizer *tokenizer,
                          const struct template *template, const struct prompt_input *input,
                          uint32_t max_tokens, struct token_list *out, struct error *err) {
    size_t end = input->offset - prompt->held_back;
    size_t max_bytes = (size_t)max_tokens * BYTES_PER_TOKEN;
    size_t step = max_bytes / STEPS_PER_WINDOW + 1;
    struct buffer buffer = {malloc(LONGEST_PATH + 64 + (end < max_bytes ? end : max_bytes)), 0};
    if (buffer.bytes == NULL) return error_set(err, ERROR_MEMORY, "no memory for a prompt");

    bool ok = false;
    for (;;) {
        /* The edge depends on the cursor, not on what is held back: a blank must not move it. */
        prompt->window_start = window_before(input->text, input->offset, max_bytes, step);
        if (prompt->window_start > end) prompt->window_start = end;
        buffer.length = out->length = 0;
        append_header(&buffer, template, input);
        append_text(&buffer, input->text + prompt->window_start, end - prompt->window_start);
        unsigned flags = template->order == ORDER_PSM ? TOKENIZE_PLAIN : TOKENIZE_ADD_BOS;
        if (!tokenizer_encode(tokenizer, buffer.bytes, buffer.length, flags, out, err)) goto end;
        if (out->length <= max_tokens) break;
        if (max_bytes < 2 * step) {
            /* Not even the last step fits (a byte a token): its end does. */
            size_t excess = out->length - max_tokens;
            memmove(out->ids, out->ids + excess, max_tokens * sizeof *out->ids);
            out->length = max_tokens;
            break;
        }
        max_bytes -= step;
    }
    ok = true;
end:
    free(buffer.bytes);
    return ok;
}

/* The text after the cursor, at most max_tokens. */
static bool encode_after(struct prompt *prompt, const struct tokenizer *tokenizer,
                         const struct prompt_input *input, uint32_t max_tokens,
                         struct token_list *out, struct error *err) {
    prompt->window_end = window_after(input->text, input->length, input->offset,
                                      (size_t)max_tokens * BYTES_PER_TOKEN);
    size_t length = prompt->window_end - input->offset;
    struct buffer buffer = {malloc(length + 1), 0};
    if (buffer.bytes == NULL) return error_set(err, ERROR_MEMORY, "no memory for a prompt");
    append_text(&buffer, input->text + input->offset, length);
    bool ok = tokenizer_encode(tokenizer, buffer.bytes, buffer.length, TOKENIZE_NO_SPACE_PREFIX,
                               out, err);
    if (out->length > max_tokens) out->length = max_tokens;
    free(buffer.bytes);
    return ok;
}

static bool push_all(struct token_list *self, const struct token_list *more, struct error *err) {
    for (size_t i = 0; i < more->length; i++)
        if (!token_list_push(self, more->ids[i], err)) return false;
    return true;
}

bool prompt_build(struct prompt *out, const struct tokenizer *tokenizer,
                  const struct prompt_input *input, struct error *err) {
    const struct template *template = template_of(tokenizer);
    *out = (struct prompt){.window_end = input->offset};
    out->fills_in = template->order == ORDER_PSM;
    if (input->max_tokens < 16)
        return error_set(err, ERROR_ARGUMENT, "a prompt of %u tokens is too small",
                         (unsigned)input->max_tokens);
    if (input->offset > 0) {
        char last = input->text[input->offset - 1];
        out->held_back = last == ' ' || last == '\t';
    }

    if (!out->fills_in) {
        if (!encode_before(out, tokenizer, template, input, input->max_tokens, &out->tokens, err))
            return false;
    } else {
        struct token_list before = {0}, after = {0};
        uint32_t markers = 3 + (tokenizer_adds_bos(tokenizer) ? 1 : 0);
        uint32_t room = input->max_tokens - markers;
        bool ok = encode_after(out, tokenizer, input, room / SUFFIX_SHARE, &after, err) &&
                  encode_before(out, tokenizer, template, input, room - (uint32_t)after.length,
                                &before, err) &&
                  (!tokenizer_adds_bos(tokenizer) ||
                   token_list_push(&out->tokens, tokenizer_bos(tokenizer), err)) &&
                  token_list_push(&out->tokens, tokenizer_fim_prefix(tokenizer), err) &&
                  push_all(&out->tokens, &before, err) &&
                  token_list_push(&out->tokens, tokenizer_fim_suffix(tokenizer), err) &&
                  push_all(&out->tokens, &after, err) &&
                  token_list_push(&out->tokens, tokenizer_fim_middle(tokenizer), err);
        token_list_free(&before);
        token_list_free(&after);
        if (!ok) return false;
    }
    /* Nothing before the cursor and no header: a model still has to be asked something. */
    if (out->tokens.length == 0) {
        int32_t start = tokenizer_bos(tokenizer);
        if (start < 0) start = tokenizer_eos(tokenizer);
        if (start < 0) return error_set(err, ERROR_ARGUMENT, "there is nothing to complete from");
        return token_list_push(&out->tokens, start, err);
    }
    return true;
}

void prompt_free(struct prompt *self) {
    token_list_free(&self->tokens);
}

size_t prompt_skip_held_back(const char *before_end, size_t held_back, const char *completion,
                             size_t length) {
    size_t n = 0;
    while (n < held_back && n < length && completion[n] == before_end[n - held_back])
        n++;
    return n;
}
