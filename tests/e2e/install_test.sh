#!/bin/sh
# `cmake --install` lays down a program that runs from there. Usage: install_test.sh BUILD_DIR
set -eu
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT

cmake --install "$1" --prefix "$prefix" >"$prefix/log"
for file in bin/aerie share/man/man1/aerie.1 share/doc/aerie/LICENSE share/doc/aerie/README.md; do
    [ -f "$prefix/$file" ] || {
        echo "FAIL $file is not installed" >&2
        exit 1
    }
done
"$prefix/bin/aerie" --version | grep -q '^aerie [0-9]'

# Without a model, doctor names the installed script that fetches it.
if XDG_DATA_HOME=$prefix/empty AERIE_MODEL='' "$prefix/bin/aerie" doctor >"$prefix/report"; then
    echo "FAIL doctor is content without a model" >&2
    exit 1
fi
script=$(sed -n "s/.*mend: sh '\(.*\)'.*/\1/p" "$prefix/report")
[ "$script" = "$(realpath "$prefix/share/aerie/fetch_model.sh")" ]
sh "$script" --help | grep -q '^Usage: fetch_model.sh'
