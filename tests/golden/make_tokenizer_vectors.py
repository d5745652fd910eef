#!/usr/bin/env python3
"""Makes the tokenizer vectors in tests/unit/tokenizer/vectors with Hugging Face's tokenizers.

    pip install tokenizers gguf
    tests/golden/make_tokenizer_vectors.py SmolLM2-135M-Instruct.Q4_1.gguf

texts.inp   the texts below, in the form of llama.cpp's vectors
smollm.out  the ids of each text under the vocabulary in the GGUF, a line each
words.out   where each pre-tokenizer ends its words: "NAME TEXT END END ...", TEXT counted from 0, ends
            in bytes of UTF-8; this needs no vocabulary
"""
import os
import sys

from gguf import GGUFReader
from tokenizers import Regex, Tokenizer, models
from tokenizers import pre_tokenizers as pre

TEXTS = [
    "",
    " ",
    "    ",
    "\t",
    "\n",
    "\r\n",
    "\n\n\n",
    " \n \n",
    "\t\n  x",
    "x  \n",
    "x ",
    "  x",
    "a",
    "Hello, world!",
    "def quick_sort(x):\n    if len(x) <= 1:\n        return x\n",
    "for (int i = 0; i < n; ++i) {\n\tsum += a[i] * b[i];\n}\n",
    "SELECT id, count(*) FROM t WHERE a='x''y' GROUP BY 1;\n",
    "#!/bin/sh\nset -eu\nfor f in \"$@\"; do echo \"${f%.*}\"; done\n",
    "public static final String NAME = \"caf\u00e9\\n\";",
    "const f = async (x) => ({...x, y: x?.y ?? 0n});\r\n",
    "#include <stdio.h>\r\n\r\nint main(void) { return 0x7fffffffUL; }\r\n",
    "a+=1;b-=2;c**=3;d//=4;e>>=5;f!=g",
    "</s><s><|endoftext|",
    "https://example.org/a/b?c=d&e=%20#f",
    "camelCase PascalCase snake_case SCREAMING_CASE kebab-case x1y2z3",
    "0 12 345 6789 1234567890 3.14159 1e-10 0b1010",
    "1,234,567.89 \u0663\u0664\u0665 \u00bd \u2167 \u2460\u2461 x\u00b2",
    "It's I'LL we'Re they'VE don'T 'd'M 's'",
    "\u2018quoted\u2019 it\u2019s \u201cdouble\u201d \u2014 dash\u2026",
    "Stra\u00dfe \u00c4pfel na\u00efve fa\u00e7ade \u0132sselmeer",
    "e\u0301 combining, a\u0308\u0323 two, \u0915\u094d\u0937 conjunct",
    "\u4f60\u597d\uff0c\u4e16\u754c\uff01 12\u6708",
    "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8\u3001\u30ab\u30bf\u30ab\u30ca",
    "\ud55c\uad6d\uc5b4 \ubb38\uc790 \u1112\u1161\u11ab",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! \u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u0627\u0644\u0639\u0627\u0644\u0645",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35 \u0928\u092e\u0938\u094d\u0924\u0947",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea \u2764\ufe0f",
    "\U0001d400\U0001d7d8 \U00010400\U00010428 \U00020000",
    "no\u00a0break thin\u2009space ideo\u3000graphic line\u2028sep para\u2029sep",
    "next\u0085line ogham\u1680mark mongolian\u180evowel zero\u200bwidth \ufeffbom",
    "form\x0cfeed vertical\x0btab nul\x00bell\x07escape\x1b[31m",
    "$price = \u20ac5 + \u00a33; \u2211x\u00b2 \u2264 \u221e `tick` ~tilde^ |pipe|",
    "a.b->c::d<e>(f)[g]{h}@i#j$k%l&m*n!o?p;q:r,s\"t'u\\v/w",
    "!!!???...---===+++***///\\\\\\",
    "!\n?\r\n;\n\n)\n }\n",
    " !  ?   ;    )",
    "   \u4f60   \u597d   ",
    "trailing blanks   ",
    "trailing blanks \n   ",
    "\ttabs\t\tand blanks \t mixed\n\t \tx",
    "one\n\n\ntwo\n \n  three\r\rfour",
    "(\u7b2c1\u7ae0)\u3010\u6ce8\u3011\u300c\u5f15\u7528\u300d\uff1a\uff11\uff12\uff13\uff21\uff22\uff23",
    "x" * 70,
    "ab" * 40 + "1" * 12,
    " " * 33 + "y",
    "=" * 79,
]

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
ENDINGS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
QWEN2 = ENDINGS + r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = ENDINGS + r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SEED = ENDINGS + r"\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+"


def split(pattern):
    return pre.Split(Regex(pattern), "isolated")


def byte_level(use_regex):
    return pre.ByteLevel(add_prefix_space=False, use_regex=use_regex)


# As the models' own tokenizer.json files put them together, without the final step to bytes.
RULES = {
    "gpt-2": [split(GPT2)],
    "smollm": [pre.Digits(individual_digits=True), split(GPT2)],
    "qwen2": [split(QWEN2)],
    "llama-bpe": [split(LLAMA3)],
    "seed-coder": [split(SEED)],
    "falcon": [pre.Punctuation("contiguous"), split(GPT2), split("[0-9][0-9][0-9]")],
    "deepseek-coder": [
        split(r"[\r\n]"),
        split(r"\s?\p{L}+"),
        split(r"\s?\p{P}+"),
        split("[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"),
        pre.Digits(individual_digits=True),
    ],
    "deepseek-v3": [
        split(r"\p{N}{1,3}"),
        split("[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"),
        split(
            r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"
            r"|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"
            r"|\s*[\r\n]+|\s+(?!\S)|\s+"
        ),
    ],
}


def strings(reader, key):
    field = reader.fields[key]
    return [bytes(field.parts[i]).decode() for i in field.data]


def smollm(path):
    reader = GGUFReader(path)
    tokens = strings(reader, "tokenizer.ggml.tokens")
    merges = [tuple(m.split(" ")) for m in strings(reader, "tokenizer.ggml.merges")]
    tokenizer = Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre.Sequence(
        [pre.Digits(individual_digits=True), byte_level(use_regex=True)]
    )
    return tokenizer


def word_ends(rules, text):
    words = pre.Sequence(rules).pre_tokenize_str(text)
    return [len(text[:end].encode()) for _, (_, end) in words]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    folder = os.path.join(here, "..", "unit", "tokenizer", "vectors")
    with open(os.path.join(folder, "texts.inp"), "wb") as out:
        out.write("\n__ggml_vocab_test__\n".join(TEXTS).encode())
        out.write(b"\n__ggml_vocab_test__\n")
    tokenizer = smollm(sys.argv[1])
    with open(os.path.join(folder, "smollm.out"), "w") as out:
        for text in TEXTS:
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            out.write("".join(f" {i}" for i in ids) + "\n")
    with open(os.path.join(folder, "words.out"), "w") as out:
        for name, rules in RULES.items():
            for number, text in enumerate(TEXTS):
                ends = "".join(f" {end}" for end in word_ends(rules, text))
                out.write(f"{name} {number}{ends}\n")


if __name__ == "__main__":
    main()
