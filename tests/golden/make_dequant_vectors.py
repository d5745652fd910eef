#!/usr/bin/env python3
"""Blocks of every weight type and their values, by the reader of the `gguf` package.

    python3 -m venv venv && venv/bin/pip install gguf numpy
    venv/bin/python tests/golden/make_dequant_vectors.py > tests/unit/kernels/dequant_vectors.h

The bytes are random but for the scales, which are kept finite and of ordinary size. Values are
printed as the bits of their float32.
"""
import numpy
from gguf import GGMLQuantizationType as Type
from gguf.quants import dequantize

# type: bytes of a block, values of a block, offsets of its half-precision scales
BLOCKS = {
    "Q4_0": (18, 32, [0]),
    "Q4_1": (20, 32, [0, 2]),
    "Q5_0": (22, 32, [0]),
    "Q5_1": (24, 32, [0, 2]),
    "Q8_0": (34, 32, [0]),
    "Q4_K": (144, 256, [0, 2]),
    "Q5_K": (176, 256, [0, 2]),
    "Q6_K": (210, 256, [208]),
}
FLOATS = {"F16": 16, "BF16": 16}  # values in the row


def table(kind, name, items, per_line, form):
    print(f"static const {kind} {name}[] = {{")
    for start in range(0, len(items), per_line):
        print("    " + " ".join(form(x) + "," for x in items[start : start + per_line]))
    print("};")


def emit(name, row):
    values = dequantize(row, Type[name]).astype(numpy.float32).reshape(-1)
    lower = name.lower()
    table("uint8_t", f"{lower}_bytes", row.reshape(-1).tolist(), 16, lambda b: f"0x{b:02x}")
    bits = values.view(numpy.uint32).tolist()
    table("uint32_t", f"{lower}_bits", bits, 6, lambda b: f"0x{b:08x}")


def main():
    random = numpy.random.default_rng(20240607)
    print("/* Made by tests/golden/make_dequant_vectors.py: do not edit. */")
    for name, (n_bytes, n_values, scales) in BLOCKS.items():
        n_blocks = 2 if n_values == 32 else 1
        row = random.integers(0, 256, (1, n_blocks * n_bytes), dtype=numpy.uint8)
        for block in range(n_blocks):
            for offset in scales:
                scale = numpy.float16(random.uniform(-0.1, 0.1))
                at = block * n_bytes + offset
                row[0, at : at + 2] = numpy.frombuffer(scale.tobytes(), dtype=numpy.uint8)
        emit(name, row)
    for name, n in FLOATS.items():
        values = random.normal(0, 1, n).astype(numpy.float32)
        if name == "F16":
            row = values.astype(numpy.float16).view(numpy.uint8).reshape(1, -1)
        else:
            row = (values.view(numpy.uint32) >> 16).astype(numpy.uint16).view(numpy.uint8)
            row = row.reshape(1, -1)
        emit(name, row)


main()
