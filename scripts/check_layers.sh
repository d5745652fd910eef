#!/bin/sh
# Do includes run one way: lsp -> engine -> kernels -> base, and do the lower layers do without the
# server's libraries? Prints every offending line; exit status 1 if there is one.
set -u
cd "$(dirname -- "$0")/.." || exit 1
status=0

# layer FOLDER FORBIDDEN: no file of FOLDER includes what the extended regex FORBIDDEN matches.
layer() {
    if grep -rnE --include='*.[ch]' --include='*.cu' --include='*.cuh' \
        "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($2)" "$1"; then
        echo "$1 must not include these" >&2
        status=1
    fi
}

layer base 'kernels/|engine/|grammars/|lsp/|tests/|uv|jansson|pcre2|curl/|tree_sitter/'
layer kernels 'engine/|grammars/|lsp/|tests/|uv|jansson|pcre2|curl/|tree_sitter/'
layer engine 'grammars/|lsp/|tests/|uv|jansson|tree_sitter/'
layer grammars 'base/|kernels/|engine/|lsp/|tests/|uv|jansson|pcre2|curl/'
layer lsp 'tests/'

# A path that climbs would slip through the above.
if grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*"\.\.' \
    base kernels engine grammars lsp tests; then
    echo "include from the root of the tree" >&2
    status=1
fi
exit "$status"
