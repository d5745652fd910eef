#!/usr/bin/env python3
"""Draws what a terminal would show as an SVG picture.

Usage: terminal_svg.py [TITLE] < ansi-text > picture.svg

Understands the colours and attributes that Aerie prints (SGR sequences); other escape sequences are
dropped. Each run of equal style becomes one <tspan>, so the text in the picture can be selected.
"""
import html
import re
import sys

CELL_WIDTH, LINE_HEIGHT, FONT_SIZE, MARGIN, BAR = 8.4, 20, 14, 16, 34
BACKGROUND, FOREGROUND, DIM = "#1e1e2e", "#cdd6f4", "#7f849c"
PALETTE = ["#45475a", "#f38ba8", "#a6e3a1", "#f9e2af", "#89b4fa", "#cba6f7", "#94e2d5", "#bac2de"]


def palette_256(index):
    """The colour of `CSI 38;5;index m` (xterm's cube and grey ramp)."""
    if index < 16:
        return PALETTE[index % 8]
    if index >= 232:
        level = 8 + 10 * (index - 232)
        return f"#{level:02x}{level:02x}{level:02x}"
    levels = [0, 95, 135, 175, 215, 255]
    index -= 16
    return "#" + "".join(f"{levels[index // n % 6]:02x}" for n in (36, 6, 1))


def restyle(style, codes):
    """The style after an SGR sequence with these numbers."""
    style = dict(style)
    codes = codes or [0]
    while codes:
        code = codes.pop(0)
        if code == 0:
            style = {}
        elif code == 1:
            style["font-weight"] = "bold"
        elif code == 2:
            style["fill-opacity"] = "0.6"
        elif code == 3:
            style["font-style"] = "italic"
        elif code == 4:
            style["text-decoration"] = "underline"
        elif code == 22:
            style.pop("font-weight", None)
            style.pop("fill-opacity", None)
        elif code == 23:
            style.pop("font-style", None)
        elif code == 39:
            style.pop("fill", None)
        elif 30 <= code <= 37:
            style["fill"] = PALETTE[code - 30]
        elif code == 90:
            style["fill"] = DIM
        elif 91 <= code <= 97:
            style["fill"] = PALETTE[code - 90]
        elif code == 38 and codes[:1] == [5] and len(codes) >= 2:
            style["fill"] = palette_256(codes[1])
            codes = codes[2:]
        elif code == 38 and codes[:1] == [2] and len(codes) >= 4:
            style["fill"] = "#" + "".join(f"{c:02x}" for c in codes[1:4])
            codes = codes[4:]
    return style


def runs_of(line, style):
    """[(style, text)] of a line, and the style at its end."""
    runs = []
    for part in re.split(r"(\x1b\[[0-9;?]*[A-Za-z])", line.expandtabs(4)):
        escape = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if escape:
            style = restyle(style, [int(n or 0) for n in escape[1].split(";")])
        elif part and not part.startswith("\x1b"):
            runs.append((style, part))
    return runs, style


def draw(text, title):
    lines, style = [], {}
    for line in text.replace("\r", "").rstrip("\n").split("\n"):
        runs, style = runs_of(line, style)
        lines.append(runs)
    columns = max(60, max(sum(len(text) for _, text in runs) for runs in lines))
    width = round(columns * CELL_WIDTH + 2 * MARGIN)
    height = BAR + len(lines) * LINE_HEIGHT + MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{html.escape(title)}">',
        f'<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>',
        *(
            f'<circle cx="{20 + 18 * i}" cy="17" r="6" fill="{PALETTE[colour]}"/>'
            for i, colour in enumerate((1, 3, 2))
        ),
        f'<text x="{width / 2}" y="22" fill="{DIM}" font-family="sans-serif" font-size="12" '
        f'text-anchor="middle">{html.escape(title)}</text>',
        f'<g fill="{FOREGROUND}" font-family="ui-monospace, Menlo, Consolas, \'DejaVu Sans Mono\', '
        f'monospace" font-size="{FONT_SIZE}" xml:space="preserve">',
    ]
    for row, runs in enumerate(lines):
        y = BAR + row * LINE_HEIGHT + FONT_SIZE
        column = 0
        spans = []
        for style, text in runs:
            attributes = "".join(f' {name}="{value}"' for name, value in style.items())
            # textLength keeps the grid, whatever monospaced font the viewer has.
            x = MARGIN + column * CELL_WIDTH
            spans.append(
                f'<tspan x="{x:.1f}" textLength="{len(text) * CELL_WIDTH:.1f}"{attributes}>'
                f"{html.escape(text)}</tspan>"
            )
            column += len(text)
        if spans:
            out.append(f'<text y="{y}">' + "".join(spans) + "</text>")
    out.append("</g>\n</svg>")
    return "\n".join(out)


if __name__ == "__main__":
    print(draw(sys.stdin.read(), sys.argv[1] if len(sys.argv) > 1 else "terminal"))
