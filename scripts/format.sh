#!/bin/sh
# Formats every C file of the project with clang-format 14; --check only says which are not.
set -eu
cd "$(dirname -- "$0")/.."
case ${1:-} in
'') mode=-i ;;
--check) mode='--dry-run --Werror' ;;
*)
    echo "Usage: format.sh [--check]" >&2
    exit 2
    ;;
esac
# tests/fixtures holds source text that tests complete; its form is its own. Generated files ("do not
# edit") are as their script writes them.
# shellcheck disable=SC2086,SC2038 # a list of words; no file name here has a blank
find base kernels engine grammars lsp tests -path tests/fixtures -prune -o -name '*.[ch]' \
    -exec grep -L '^/\* Made by .* do not edit' {} + | xargs clang-format $mode
