#!/usr/bin/env python3
"""Makes the numbers that the golden tests hold the engine to.

An implementation of its own of the decoder, in PyTorch float32 on weights that the gguf package
dequantises, and of the tokenizer, with Hugging Face's tokenizers. Nothing of the engine runs here,
except the program that writes the tiny random models.

    python3 -m venv .venv
    .venv/bin/pip install torch==2.13.0 gguf==0.19.0 numpy==2.4.6 tokenizers==0.23.3
    cmake --build build/release --target make_random_model
    .venv/bin/python tests/golden/make_golden.py \\
        --generator build/release/tests/bench/make_random_model \\
        --model ~/.local/share/aerie/models/SmolLM2-135M-Instruct.Q4_1.gguf

writes tests/golden/tiny.golden and tests/golden/smollm2.golden. Layouts: golden_file.h.
"""

import argparse
import math
import pathlib
import struct
import subprocess
import tempfile

import gguf
import numpy as np
import torch
from gguf.quants import dequantize

HERE = pathlib.Path(__file__).resolve().parent
VERSION = 1


# ---- the model ---------------------------------------------------------------------------------


def field(reader, key, default=None):
    found = reader.get_field(key)
    return default if found is None else found.contents()


class Decoder:
    """RMSNorm, grouped-query attention with RoPE, SwiGLU; weights as float32 matrices."""

    def __init__(self, path):
        reader = gguf.GGUFReader(path)
        self.reader = reader
        self.weights = {
            t.name: torch.from_numpy(np.array(dequantize(t.data, t.tensor_type), np.float32))
            for t in reader.tensors
        }
        arch = field(reader, "general.architecture")
        self.arch = arch
        self.n_layers = field(reader, f"{arch}.block_count")
        self.n_heads = field(reader, f"{arch}.attention.head_count")
        self.n_kv_heads = field(reader, f"{arch}.attention.head_count_kv")
        width = field(reader, f"{arch}.embedding_length")
        self.head_dim = field(reader, f"{arch}.attention.key_length", width // self.n_heads)
        self.eps = field(reader, f"{arch}.attention.layer_norm_rms_epsilon")
        self.rope_dims = field(reader, f"{arch}.rope.dimension_count", self.head_dim)
        base = field(reader, f"{arch}.rope.freq_base", 10000.0)
        factor = field(reader, f"{arch}.rope.scaling.factor", 1.0)
        pairs = torch.arange(0, self.rope_dims, 2, dtype=torch.float64)
        self.frequencies = base ** (-pairs / self.rope_dims) / factor
        if "rope_freqs.weight" in self.weights:
            self.frequencies = self.frequencies / self.weights["rope_freqs.weight"].double()

    def norm(self, x, weight):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * weight

    def rope(self, x, positions):
        """x is [tokens, heads, head_dim]; only the first rope_dims of a head turn."""
        angles = positions.double()[:, None] * self.frequencies
        turns = torch.polar(torch.ones_like(angles), angles).to(torch.complex64)[:, None, :]
        turning, still = x[..., : self.rope_dims], x[..., self.rope_dims :]
        half = self.rope_dims // 2
        if self.arch == "llama":  # neighbours form a pair
            pairs = turning.reshape(*turning.shape[:-1], half, 2)
        else:  # the first half pairs with the second
            pairs = torch.stack((turning[..., :half], turning[..., half:]), -1)
        turned = torch.view_as_real(torch.view_as_complex(pairs.contiguous()) * turns)
        if self.arch == "llama":
            turned = turned.flatten(-2)
        else:
            turned = torch.cat((turned[..., 0], turned[..., 1]), -1)
        return torch.cat((turned, still), -1)

    def project(self, x, name):
        y = x @ self.weights[name + ".weight"].T
        bias = self.weights.get(name + ".bias")
        return y if bias is None else y + bias

    def attention(self, x, blk, positions, cache):
        n = x.shape[0]
        q = self.project(x, blk + "attn_q").view(n, self.n_heads, self.head_dim)
        k = self.project(x, blk + "attn_k").view(n, self.n_kv_heads, self.head_dim)
        v = self.project(x, blk + "attn_v").view(n, self.n_kv_heads, self.head_dim)
        if blk + "attn_q_norm.weight" in self.weights:
            q = self.norm(q, self.weights[blk + "attn_q_norm.weight"])
            k = self.norm(k, self.weights[blk + "attn_k_norm.weight"])
        q, k = self.rope(q, positions), self.rope(k, positions)
        if cache:
            k, v = torch.cat((cache[0], k)), torch.cat((cache[1], v))
        share = self.n_heads // self.n_kv_heads
        keys, values = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
        scores = torch.einsum("qhd,khd->hqk", q, keys) / math.sqrt(self.head_dim)
        future = torch.arange(k.shape[0])[None, :] > positions[:, None]
        weights = scores.masked_fill(future, -math.inf).softmax(-1)
        mixed = torch.einsum("hqk,khd->qhd", weights, values).reshape(n, -1)
        return self.project(mixed, blk + "attn_output"), (k, v)

    @torch.no_grad()
    def forward(self, tokens, caches=None):
        """Logits [tokens, vocabulary] after each token, and the caches to go on from."""
        start = caches[0][0].shape[0] if caches else 0
        positions = torch.arange(start, start + len(tokens))
        h = self.weights["token_embd.weight"][torch.tensor(tokens)]
        kept = []
        for layer in range(self.n_layers):
            blk = f"blk.{layer}."
            a = self.norm(h, self.weights[blk + "attn_norm.weight"])
            mixed, cache = self.attention(a, blk, positions, caches[layer] if caches else None)
            kept.append(cache)
            h = h + mixed
            f = self.norm(h, self.weights[blk + "ffn_norm.weight"])
            gate = torch.nn.functional.silu(self.project(f, blk + "ffn_gate"))
            h = h + self.project(gate * self.project(f, blk + "ffn_up"), blk + "ffn_down")
        h = self.norm(h, self.weights["output_norm.weight"])
        output = self.weights.get("output.weight", self.weights["token_embd.weight"])
        return h @ output.T, kept


# ---- tiny models -------------------------------------------------------------------------------

TINY_TYPES = "F32 F16 BF16 Q8_0 Q4_0 Q4_1 Q5_0 Q5_1 Q4_K Q5_K Q6_K".split()
TINY_TOKENS = 44  # more than one page of the key/value cache
TINY_POSITIONS = [0, 1, 7, 30, 31, 32, 33, 43]
TINY_SHAPES = [
    ("tiny-llama", TINY_TYPES),
    ("tiny-qwen2", TINY_TYPES),
    ("tiny-qwen3", ["F32", "Q8_0", "Q4_K"]),
    ("tiny-llama-rope", ["F32"]),
]


def fnv1a(data):
    value = 0xCBF29CE484222325
    for word in np.frombuffer(data[: len(data) // 8 * 8], "<u8").tolist():
        value = ((value ^ word) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def make_tiny(generator, out):
    entries = []
    for shape, types in TINY_SHAPES:
        for kind in types:
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder, "model.gguf")
                subprocess.run([generator, shape, kind, path], check=True)
                decoder = Decoder(path)
                data = path.read_bytes()
            n_vocab = decoder.weights["token_embd.weight"].shape[0]
            tokens = [(i * i * 37 + i * 11 + 5) % n_vocab for i in range(TINY_TOKENS)]
            logits = decoder.forward(tokens)[0][TINY_POSITIONS].numpy().astype("<f4")
            entry = struct.pack("<24s8sQ", shape.encode(), kind.encode(), fnv1a(data))
            entry += struct.pack("<III", len(tokens), len(TINY_POSITIONS), n_vocab)
            entry += np.array(tokens + TINY_POSITIONS, "<i4").tobytes() + logits.tobytes()
            entries.append(entry)
            print(f"{shape} {kind}: logits {logits.std():.3f}, largest {abs(logits).max():.2f}")
    out.write_bytes(struct.pack("<8sII", b"TINYGOLD", VERSION, len(entries)) + b"".join(entries))


# ---- the default model -------------------------------------------------------------------------

N_TEXT = 512
N_FIXED = 48
N_TOP = 8
N_GREEDY = 64
PROMPTS = [
    "def fibonacci(n):\n",
    "def read_json(path):\n    with open(path) as f:\n",
    "class Stack:\n    def __init__(self):\n        self.items = []\n\n    def push(self, item):\n",
    "import re\n\ndef is_email(text):\n    return",
    "#include <stdio.h>\n\nint main(void) {\n    printf(",
    "#include <string.h>\n\nsize_t count_words(const char *text) {\n    size_t n = 0;\n",
    "static int compare(const void *a, const void *b) {\n",
    "#include <vector>\n#include <algorithm>\n\nint largest(const std::vector<int> &v) {\n",
    "template <typename T>\nclass Queue {\npublic:\n    void push(const T &value) {\n",
    "public class Counter {\n    private int count;\n\n    public void increment() {\n",
    "public static boolean isPalindrome(String s) {\n",
    "function debounce(fn, wait) {\n  let timer;\n  return",
    "const express = require('express');\nconst app = express();\n\napp.get('/',",
    "export function sum(values) {\n  return values.reduce(",
    "#!/bin/sh\nset -eu\n\nfor file in *.txt; do\n",
    "backup() {\n    tar -czf \"$1\"",
    "SELECT name, COUNT(*) FROM orders\nJOIN customers ON",
    "CREATE TABLE users (\n    id INTEGER PRIMARY KEY,\n",
    "Fix a race in the cache:",
    "The quick brown fox",
]


def byte_level_tokenizer(reader):
    """The file's vocabulary under SmolLM's pre-tokenizer: single digits, then GPT-2's words."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    assert field(reader, "tokenizer.ggml.pre") == "smollm"
    tokens = field(reader, "tokenizer.ggml.tokens")
    merges = [tuple(m.split(" ")) for m in field(reader, "tokenizer.ggml.merges")]
    tokenizer = Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    return tokenizer


def greedy(decoder, prompt):
    """Ids, and by how much each beat the second best."""
    logits, caches = decoder.forward(prompt)
    ids, margins = [], []
    while len(ids) < N_GREEDY:
        best = logits[-1].topk(2)
        ids.append(int(best.indices[0]))
        margins.append(float(best.values[0] - best.values[1]))
        logits, caches = decoder.forward(ids[-1:], caches)
    return ids, margins


def make_default(model, out):
    decoder = Decoder(model)
    tokenizer = byte_level_tokenizer(decoder.reader)
    text = (HERE / "sample.py").read_text()
    tokens = tokenizer.encode(text).ids[:N_TEXT]
    assert len(tokens) == N_TEXT, f"sample.py has only {len(tokens)} tokens"
    logits = decoder.forward(tokens)[0]
    n_vocab = logits.shape[1]
    sums = logits.logsumexp(-1)
    followed = logits[torch.arange(N_TEXT - 1), torch.tensor(tokens[1:])]
    perplexity = float((sums[:-1] - followed).double().mean().exp())
    fixed = [(i * 1021 + 7) % n_vocab for i in range(N_FIXED)]
    top = logits.topk(N_TOP)
    print(f"sample.py: {N_TEXT} tokens, perplexity {perplexity:.5f}")

    data = struct.pack("<8sI", b"TEXTGOLD", VERSION)
    data += struct.pack("<IIIII", n_vocab, N_TEXT, N_FIXED, N_TOP, N_GREEDY)
    data += struct.pack("<d", perplexity)
    data += np.array(tokens + fixed, "<i4").tobytes()
    data += sums.numpy().astype("<f4").tobytes()
    data += logits[:, fixed].numpy().astype("<f4").tobytes()
    data += top.indices.numpy().astype("<i4").tobytes()
    data += top.values.numpy().astype("<f4").tobytes()
    data += struct.pack("<I", len(PROMPTS))
    for prompt in PROMPTS:
        ids = tokenizer.encode(prompt).ids
        continuation, margins = greedy(decoder, ids)
        encoded = prompt.encode()
        data += struct.pack("<II", len(encoded), len(ids)) + encoded
        data += np.array(ids + continuation, "<i4").tobytes()
        data += np.array(margins, "<f4").tobytes()
        print(f"{prompt!r}: smallest margin {min(margins):.4f}")
    out.write_bytes(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--generator", help="make_random_model: writes tiny.golden")
    parser.add_argument("--model", help="the default model: writes smollm2.golden")
    arguments = parser.parse_args()
    if arguments.generator:
        make_tiny(arguments.generator, HERE / "tiny.golden")
    if arguments.model:
        make_default(arguments.model, HERE / "smollm2.golden")


if __name__ == "__main__":
    main()
