#include "engine/tokenizer/well_known.h"

#include <string.h>

struct well_known {
    enum well_known_role role;
    /* A spelling that ordinary text may well contain counts only where the file itself says that
     * the token is not an ordinary one: "</s>" is also the end of a struck-out passage in HTML. */
    bool ambiguous;
    const char *spelling;
};

static const struct well_known TABLE[] = {
    {WELL_KNOWN_END, false, "<|endoftext|>"},
    {WELL_KNOWN_END, false, "<|end_of_text|>"},
    {WELL_KNOWN_END, false, "<|endofpiece|>"},
    {WELL_KNOWN_END, false, "<|im_end|>"},
    {WELL_KNOWN_END, false, "<|eot_id|>"},
    {WELL_KNOWN_END, false, "<|eom_id|>"},
    {WELL_KNOWN_END, false, "<|EOT|>"},
    {WELL_KNOWN_END, false, "<|eot|>"},
    {WELL_KNOWN_END, false, "<|end|>"},
    {WELL_KNOWN_END, false, "<|end_of_turn|>"},
    {WELL_KNOWN_END, false, "<|return|>"},
    {WELL_KNOWN_END, false, "<end_of_turn>"},
    {WELL_KNOWN_END, false, "<|END_OF_TURN_TOKEN|>"},
    {WELL_KNOWN_END, false,
     "<\xEF\xBD\x9C"
     "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C>"},
    {WELL_KNOWN_END, false, "<|end\xE2\x96\x81of\xE2\x96\x81sentence|>"},
    {WELL_KNOWN_END, false, "<[end\xE2\x96\x81of\xE2\x96\x81sentence]>"},
    {WELL_KNOWN_END, false, "\xE2\x96\x81<EOT>"},
    {WELL_KNOWN_END, true, "<EOT>"},
    {WELL_KNOWN_END, true, "</s>"},
    {WELL_KNOWN_END, true, "<eos>"},
    {WELL_KNOWN_END, true, "<EOS>"},
    {WELL_KNOWN_END, true, "[EOS]"},
    /* A completion that reaches padding, another file or another repository is over. */
    {WELL_KNOWN_END, false, "<|fim_pad|>"},
    {WELL_KNOWN_END, false, "<fim_pad>"},
    {WELL_KNOWN_END, false, "<fim-pad>"},
    {WELL_KNOWN_END, false, "<|file_separator|>"},
    {WELL_KNOWN_END, false, "<|file_sep|>"},
    {WELL_KNOWN_END, false, "<|repo_name|>"},
    {WELL_KNOWN_END, true, "<file_sep>"},
    {WELL_KNOWN_END, true, "<repo_name>"},
    {WELL_KNOWN_END, true, "<reponame>"},

    {WELL_KNOWN_FIM_PREFIX, false, "<|fim_prefix|>"}, /* Qwen2.5-Coder, CodeGemma */
    {WELL_KNOWN_FIM_PREFIX, false, "<fim_prefix>"},   /* StarCoder, Granite, Mellum */
    {WELL_KNOWN_FIM_PREFIX, false, "<fim-prefix>"},
    {WELL_KNOWN_FIM_PREFIX, false,
     "<\xEF\xBD\x9C"
     "fim\xE2\x96\x81"
     "begin\xEF\xBD\x9C>"},
    {WELL_KNOWN_FIM_PREFIX, false, "<[fim-prefix]>"}, /* Seed-Coder */
    {WELL_KNOWN_FIM_PREFIX, false, "<|code_prefix|>"},
    {WELL_KNOWN_FIM_PREFIX, false, "\xE2\x96\x81<PRE>"}, /* CodeLlama */
    {WELL_KNOWN_FIM_PREFIX, false, "\xE2\x96\x81<AIX-SPAN-PRE>"},
    {WELL_KNOWN_FIM_PREFIX, true, "<PRE>"},
    {WELL_KNOWN_FIM_PREFIX, true, "[PREFIX]"}, /* Codestral, which has no middle */

    {WELL_KNOWN_FIM_SUFFIX, false, "<|fim_suffix|>"},
    {WELL_KNOWN_FIM_SUFFIX, false, "<fim_suffix>"},
    {WELL_KNOWN_FIM_SUFFIX, false, "<fim-suffix>"},
    /* DeepSeek-Coder writes begin, prefix, hole, suffix, end: the hole stands before the suffix. */
    {WELL_KNOWN_FIM_SUFFIX, false,
     "<\xEF\xBD\x9C"
     "fim\xE2\x96\x81hole\xEF\xBD\x9C>"},
    {WELL_KNOWN_FIM_SUFFIX, false, "<[fim-suffix]>"},
    {WELL_KNOWN_FIM_SUFFIX, false, "<|code_suffix|>"},
    {WELL_KNOWN_FIM_SUFFIX, false, "\xE2\x96\x81<SUF>"},
    {WELL_KNOWN_FIM_SUFFIX, false, "\xE2\x96\x81<AIX-SPAN-POST>"},
    {WELL_KNOWN_FIM_SUFFIX, true, "<SUF>"},
    {WELL_KNOWN_FIM_SUFFIX, true, "[SUFFIX]"},

    {WELL_KNOWN_FIM_MIDDLE, false, "<|fim_middle|>"},
    {WELL_KNOWN_FIM_MIDDLE, false, "<fim_middle>"},
    {WELL_KNOWN_FIM_MIDDLE, false, "<fim-middle>"},
    {WELL_KNOWN_FIM_MIDDLE, false,
     "<\xEF\xBD\x9C"
     "fim\xE2\x96\x81"
     "end\xEF\xBD\x9C>"},
    {WELL_KNOWN_FIM_MIDDLE, false, "<[fim-middle]>"},
    {WELL_KNOWN_FIM_MIDDLE, false, "<|code_middle|>"},
    {WELL_KNOWN_FIM_MIDDLE, false, "\xE2\x96\x81<MID>"},
    {WELL_KNOWN_FIM_MIDDLE, false, "\xE2\x96\x81<AIX-SPAN-MIDDLE>"},
    {WELL_KNOWN_FIM_MIDDLE, true, "<MID>"},
};
enum { N_WELL_KNOWN = sizeof TABLE / sizeof TABLE[0] };

static int32_t find(const struct well_known *entry, const struct token_index *index,
                    const uint8_t *kinds) {
    struct text_view spelling = {entry->spelling, strlen(entry->spelling)};
    int32_t id = token_index_find(index, spelling);
    return id >= 0 && entry->ambiguous && kinds[id] == TOKEN_NORMAL ? -1 : id;
}

int32_t well_known_find(enum well_known_role role, const struct token_index *index,
                        const uint8_t *kinds) {
    for (int i = 0; i < N_WELL_KNOWN; i++) {
        int32_t id = TABLE[i].role == role ? find(&TABLE[i], index, kinds) : -1;
        if (id >= 0) return id;
    }
    return -1;
}

void well_known_mark(const struct token_index *index, uint8_t *kinds, bool *ends) {
    for (int i = 0; i < N_WELL_KNOWN; i++) {
        int32_t id = find(&TABLE[i], index, kinds);
        if (id < 0) continue;
        kinds[id] = TOKEN_CONTROL;
        if (TABLE[i].role == WELL_KNOWN_END) ends[id] = true;
    }
}
