#!/bin/sh
# Draws docs/ghost-text.svg anew: what `aerie complete` shows on a terminal at the first place of
# tests/fixtures/places.json. Needs build/release (./try makes it).
set -eu
cd "$(dirname -- "$0")/.."
place=$(python3 -c 'import json
first = json.load(open("tests/fixtures/places.json"))[0]
print("tests/fixtures/%s:%s" % (first["file"], first["cli"]))')
# script(1) gives the program a terminal; its progress line goes to standard error.
TERM=xterm-256color script -qefc "build/release/aerie complete $place 2>/dev/null" /dev/null </dev/null |
    python3 scripts/terminal_svg.py "aerie complete $place" >docs/ghost-text.svg.new
mv docs/ghost-text.svg.new docs/ghost-text.svg
