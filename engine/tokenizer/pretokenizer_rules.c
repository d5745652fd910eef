/* The patterns of each family of vocabularies, as the models' own tokenizers define them. Names are
 * those converters write into tokenizer.ggml.pre. */
#include "engine/tokenizer/pretokenizer.h"

#include <string.h>

/* Unicode's White_Space, spelled out: PCRE2's \s has U+180E on top, which the tokenizers the models
 * were trained with do not count. For use inside a class. */
#define WS                                                                                         \
    "\\t-\\r \\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}"       \
    "\\x{3000}"
#define SPACE     "[" WS "]"
#define NOT_SPACE "[^" WS "]"

/* All blanks but the last before a word, else all blanks of a run. */
#define BLANKS SPACE "+(?!" NOT_SPACE ")|" SPACE "+"

/* Radford et al. 2019. */
#define GPT2                                                                                       \
    "'s|'t|'re|'ve|'m|'ll|'d"                                                                      \
    "| ?\\p{L}+| ?\\p{N}+| ?[^" WS "\\p{L}\\p{N}]+|" BLANKS

/* The pattern of cl100k and its descendants: case-blind English endings, a word takes the one
 * character before it along, line ends stick to punctuation before them. They differ in how many
 * digits make a piece. */
#define CL100K(DIGITS)                                                                             \
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" DIGITS "| ?[^" WS                \
    "\\p{L}\\p{N}]+[\\r\\n]*|" SPACE "*[\\r\\n]+|" BLANKS

/* Seed-Coder: the same, but line ends never stick to punctuation. */
#define SEED_CODER                                                                                 \
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"                            \
    "| ?[^" WS "\\p{L}\\p{N}\\r\\n]+|" SPACE "*[\\r\\n]+|" BLANKS

/* DeepSeek's own lists: the letters that have case (as of the Unicode version they used), ASCII and
 * full-width punctuation, and the Chinese, Japanese and Korean scripts. */
#define CASED_LETTERS                                                                              \
    "A-Za-z\\x{b5}\\x{c0}-\\x{d6}\\x{d8}-\\x{f6}\\x{f8}-\\x{1ba}\\x{1bc}-\\x{1bf}"                 \
    "\\x{1c4}-\\x{293}\\x{295}-\\x{2af}\\x{370}-\\x{373}\\x{376}\\x{377}\\x{37b}-\\x{37d}"         \
    "\\x{37f}\\x{386}\\x{388}-\\x{38a}\\x{38c}\\x{38e}-\\x{3a1}\\x{3a3}-\\x{3f5}"                  \
    "\\x{3f7}-\\x{481}\\x{48a}-\\x{52f}\\x{531}-\\x{556}\\x{10a0}-\\x{10c5}"                       \
    "\\x{13a0}-\\x{13f5}\\x{13f8}-\\x{13fd}\\x{1c90}-\\x{1cba}\\x{1cbd}-\\x{1cbf}"                 \
    "\\x{1d00}-\\x{1d2b}\\x{1d6b}-\\x{1d77}\\x{1d79}-\\x{1d9a}\\x{1e00}-\\x{1f15}"                 \
    "\\x{1f18}-\\x{1f1d}\\x{1f20}-\\x{1f45}\\x{1f48}-\\x{1f4d}\\x{1f50}-\\x{1f57}"                 \
    "\\x{1f59}\\x{1f5b}\\x{1f5d}\\x{1f5f}-\\x{1f7d}\\x{1f80}-\\x{1fb4}\\x{1fb6}-\\x{1fbc}"         \
    "\\x{1fbe}\\x{1fc2}-\\x{1fc4}\\x{1fc6}-\\x{1fcc}\\x{1fd0}-\\x{1fd3}\\x{1fd6}-\\x{1fdb}"        \
    "\\x{1fe0}-\\x{1fec}\\x{1ff2}-\\x{1ff4}\\x{1ff6}-\\x{1ffc}\\x{2102}\\x{2107}"                  \
    "\\x{210a}-\\x{2113}\\x{2115}\\x{2119}-\\x{211d}\\x{2124}\\x{2126}\\x{2128}"                   \
    "\\x{212a}-\\x{212d}\\x{212f}-\\x{2134}\\x{2139}\\x{213c}-\\x{213f}\\x{2145}-\\x{2149}"        \
    "\\x{214e}\\x{2183}\\x{2184}\\x{2c00}-\\x{2c7b}\\x{2c7e}-\\x{2ce4}\\x{2ceb}-\\x{2cee}"         \
    "\\x{2cf2}\\x{2cf3}\\x{a640}-\\x{a66d}\\x{a680}-\\x{a69b}\\x{a722}-\\x{a76f}"                  \
    "\\x{a771}-\\x{a787}\\x{a78b}-\\x{a78e}\\x{ab70}-\\x{abbf}\\x{fb00}-\\x{fb06}"                 \
    "\\x{fb13}-\\x{fb17}\\x{ff21}-\\x{ff3a}\\x{ff41}-\\x{ff5a}\\x{10400}-\\x{1044f}"               \
    "\\x{104b0}-\\x{104d3}\\x{104d8}-\\x{104fb}\\x{10c80}-\\x{10cb2}\\x{10cc0}-\\x{10cf2}"         \
    "\\x{118a0}-\\x{118df}\\x{1e900}-\\x{1e943}"
#define PUNCTUATION                                                                                \
    "!-/:-~\\x{ff01}-\\x{ff0f}\\x{ff1a}-\\x{ff5e}\\x{2018}-\\x{201f}\\x{3000}-\\x{3002}"
#define CJK "[\\x{4e00}-\\x{9fa5}\\x{800}-\\x{4e00}\\x{ac00}-\\x{d7ff}]+"

static const struct pretokenizer_rules RULES_GPT2 = {.patterns = {GPT2}};
static const struct pretokenizer_rules RULES_SINGLE_DIGITS = {.patterns = {"\\p{N}", GPT2}};
static const struct pretokenizer_rules RULES_QWEN2 = {.patterns = {CL100K("\\p{N}")}};
static const struct pretokenizer_rules RULES_CL100K = {.patterns = {CL100K("\\p{N}{1,3}")}};
static const struct pretokenizer_rules RULES_LLAMA3 = {.patterns = {CL100K("\\p{N}{1,3}")},
                                                       .whole_words = true};
static const struct pretokenizer_rules RULES_SEED_CODER = {.patterns = {SEED_CODER}};
static const struct pretokenizer_rules RULES_DEEPSEEK_LLM = {
    .patterns = {
        "[\\r\\n]",
        SPACE "?[" CASED_LETTERS "]+",
        SPACE "?[" PUNCTUATION "]+",
        /* The blanks that end a piece. Without the look-behind every blank of a long run elsewhere
         * would be tried as a beginning: quadratic. */
        "(?<!" SPACE ")" SPACE "+$",
        CJK,
        "\\p{N}+",
    }};
static const struct pretokenizer_rules RULES_DEEPSEEK_CODER = {
    .patterns = {"[\\r\\n]", SPACE "?\\p{L}+", SPACE "?\\p{P}+", CJK, "\\p{N}"}};
static const struct pretokenizer_rules RULES_DEEPSEEK_V3 = {
    .patterns = {
        "\\p{N}{1,3}",
        "[\\x{4e00}-\\x{9fa5}\\x{3040}-\\x{309f}\\x{30a0}-\\x{30ff}]+",
        "[!-/:-@\\[-`{-~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
        "| ?[\\p{P}\\p{S}]+[\\r\\n]*|" SPACE "*[\\r\\n]+|" BLANKS,
    }};
static const struct pretokenizer_rules RULES_FALCON = {
    .patterns = {"[\\p{P}$+<=>^~|`]+", GPT2, "[0-9][0-9][0-9]"}};
/* What converters did before they wrote names. */
static const struct pretokenizer_rules RULES_DEFAULT = {
    .patterns = {"[\\p{P}$+<=>^~|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]"}};

static const struct {
    const char *name;
    const struct pretokenizer_rules *rules;
} TABLE[] = {
    {"gpt-2", &RULES_GPT2},
    {"gpt2", &RULES_GPT2},
    {"mpt", &RULES_GPT2},
    {"mellum", &RULES_GPT2},
    {"olmo", &RULES_GPT2},
    {"phi-2", &RULES_GPT2},
    {"jais", &RULES_GPT2},
    {"roberta-bpe", &RULES_GPT2},
    {"starcoder", &RULES_SINGLE_DIGITS},
    {"refact", &RULES_SINGLE_DIGITS},
    {"smollm", &RULES_SINGLE_DIGITS},
    {"command-r", &RULES_SINGLE_DIGITS},
    {"codeshell", &RULES_SINGLE_DIGITS},
    {"exaone", &RULES_SINGLE_DIGITS},
    {"minerva-7b", &RULES_SINGLE_DIGITS},
    {"qwen2", &RULES_QWEN2},
    {"deepseek-r1-qwen", &RULES_QWEN2},
    {"stablelm2", &RULES_QWEN2},
    {"megrez", &RULES_QWEN2},
    {"llama-bpe", &RULES_LLAMA3},
    {"llama3", &RULES_LLAMA3},
    {"llama-v3", &RULES_LLAMA3},
    {"falcon3", &RULES_LLAMA3},
    {"dbrx", &RULES_CL100K},
    {"smaug-bpe", &RULES_CL100K},
    {"glm4", &RULES_CL100K},
    {"chatglm-bpe", &RULES_CL100K},
    {"seed-coder", &RULES_SEED_CODER},
    {"deepseek-llm", &RULES_DEEPSEEK_LLM},
    {"deepseek-coder", &RULES_DEEPSEEK_CODER},
    {"deepseek-v3", &RULES_DEEPSEEK_V3},
    {"falcon", &RULES_FALCON},
    {"default", &RULES_DEFAULT},
};

const struct pretokenizer_rules *pretokenizer_rules_find(const char *name) {
    for (size_t i = 0; i < sizeof TABLE / sizeof TABLE[0]; i++)
        if (strcmp(TABLE[i].name, name) == 0) return TABLE[i].rules;
    return NULL;
}
