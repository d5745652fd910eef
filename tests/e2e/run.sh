#!/bin/sh
# run.sh [--needs model|valgrind]... FILE: runs one test file with node:test, or says why it cannot
# and exits with 77. AERIE is the program, AERIE_E2E_PACKAGES where install.sh put the packages.
set -eu

skip() {
    echo "skipped: $1" >&2
    exit 77
}

command -v node >/dev/null 2>&1 || skip "Node.js is not installed (apt-get install nodejs npm)"
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 18 ] || skip "Node.js $major is too old, 18 or newer is needed"
[ -d "$AERIE_E2E_PACKAGES/node_modules" ] || skip "no packages in $AERIE_E2E_PACKAGES (is npm there?)"

while [ "$1" = --needs ]; do
    case $2 in
    model)
        model=${AERIE_MODEL:-${XDG_DATA_HOME:-$HOME/.local/share}/aerie/models/SmolLM2-135M-Instruct.Q4_1.gguf}
        [ -e "$model" ] || skip "no model at $model (./try puts it there)"
        ;;
    valgrind)
        command -v valgrind >/dev/null 2>&1 || skip "valgrind is not installed (apt-get install valgrind)"
        ;;
    esac
    shift 2
done

exec node --test "$1"
