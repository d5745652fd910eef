# shellcheck shell=sh
# Set-up of a machine for Aerie; sourced by ./try and ./check, with $root set to the source tree.
#
#   setup_machine try|check   what is missing is named, then installed (Debian, Ubuntu) or asked for
#   configure PRESET [-D…]    cmake --preset, only where it was not done before
#   build PRESET TARGET…      compiles
#   quietly LABEL LOG CMD…    runs a command with its output in a file, one line on the terminal
#
# Everything is found by using it (pkg-config, a trial compile), not by asking for package names, so
# a tool installed in any other way is good enough and nothing is installed twice.
: "${root:?must be set to the source tree}"

# ---- what is said ----------------------------------------------------------------------------------

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    bold=$(printf '\033[1m') green=$(printf '\033[32m') red=$(printf '\033[31m')
    dim=$(printf '\033[2m') plain=$(printf '\033[0m') erase=$(printf '\r\033[K')
else
    bold='' green='' red='' dim='' plain='' erase=''
fi

say() { printf '%s\n' "$*"; }
step() { printf '%s==>%s %s%s%s\n' "$green" "$plain" "$bold" "$*" "$plain"; }
fail() {
    printf '%s%s:%s %s\n' "$red" "${0##*/}" "$plain" "$*" >&2
    exit 1
}
now() { date +%s; }

# quietly LABEL LOG COMMAND...: on a terminal one line tells the seconds and the last line of output.
# A failure prints the end of the log. Returns the command's status.
quietly() {
    quiet_label=$1 quiet_log=$2
    shift 2
    mkdir -p "${quiet_log%/*}"
    quiet_start=$(now)
    quiet_status=0
    if [ -n "$erase" ]; then
        "$@" >"$quiet_log" 2>&1 </dev/null &
        quiet_pid=$!
        trap 'kill "$quiet_pid" 2>/dev/null; exit 130' INT TERM HUP
        while kill -0 "$quiet_pid" 2>/dev/null; do
            printf '%s    %s %s%ss %s%s' "$erase" "$quiet_label" "$dim" \
                $(($(now) - quiet_start)) "$(tail -n 1 "$quiet_log" | tr -d '\r' |
                    sed 's,CMakeFiles/[^ ]*\.dir/,,' | cut -c 1-56)" \
                "$plain"
            sleep 0.3
        done
        wait "$quiet_pid" || quiet_status=$?
        trap - INT TERM HUP
    else
        "$@" >"$quiet_log" 2>&1 </dev/null || quiet_status=$?
    fi
    quiet_seconds=$(($(now) - quiet_start))
    if [ "$quiet_status" -eq 0 ]; then
        printf '%s    %s %s(%s s)%s\n' "$erase" "$quiet_label" "$dim" "$quiet_seconds" "$plain"
    else
        printf '%s    %s: %sfailed%s after %s s; the end of %s:\n' "$erase" "$quiet_label" "$red" \
            "$plain" "$quiet_seconds" "$quiet_log"
        tail -n 30 "$quiet_log" | sed 's/^/    | /'
    fi
    return "$quiet_status"
}

# ---- what is there ---------------------------------------------------------------------------------

have() { command -v "$1" >/dev/null 2>&1; }
have_library() { pkg-config --exists "$1" 2>/dev/null; }
have_pip() { python3 -m pip --version >/dev/null 2>&1 || /usr/bin/python3 -m pip --version >/dev/null 2>&1; }
have_node() { have node && have npm && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ]; }

# Compiles and links an empty C program; "$@" is the compiler with its flags.
can_compile() {
    printf '%s\n' '#include <stdint.h>' '#include <stddef.h>' \
        'int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);' \
        'int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {' \
        '    return data == NULL && size != 0;' '}' "${trial_main:-}" >"$trial/trial.c"
    "$@" -o "$trial/trial" "$trial/trial.c" >/dev/null 2>&1
}

# Adds Debian package names to $missing and, for other systems, plain names to $missing_names.
need() { # need "PLAIN NAME" PACKAGE...
    missing_names="${missing_names:+$missing_names, }$1"
    shift
    missing="$missing $*"
}

model_present() {
    model_file=$(sed -n 's/^model=//p' "$root/scripts/fetch_model.sh")
    [ -f "${XDG_DATA_HOME:-${HOME:-}/.local/share}/aerie/models/$model_file" ]
}

find_missing() {
    missing='' missing_names=''
    trial_main='int main(void) { return 0; }'
    if ! have cc || ! can_compile cc; then need "a C compiler" build-essential; fi
    have cmake || need "CMake 3.22 or newer" cmake
    have ninja || need "Ninja" ninja-build
    have pkg-config || need "pkg-config" pkg-config
    have_library libuv || need "libuv" libuv1-dev
    have_library jansson || need "jansson" libjansson-dev
    have_library libpcre2-8 || need "PCRE2" libpcre2-dev
    have python3 || need "Python 3" python3
    if [ "$1" = check ] || ! model_present; then
        if ! have_pip; then need "pip" python3-pip ca-certificates; fi
    fi
    have_node || need "Node.js 18 or newer with npm" nodejs npm
    [ "$1" = check ] || return 0
    have_library cmocka || need "cmocka" libcmocka-dev
    have valgrind || need "Valgrind" valgrind
    can_compile cc -fsanitize=address,undefined || need "GCC's sanitizers" build-essential
    trial_main=''
    if ! have clang; then
        need "clang with libFuzzer" clang "$fuzzer_package"
    elif ! can_compile clang -fsanitize=fuzzer,address,undefined; then
        need "clang's libFuzzer" "$fuzzer_package"
    fi
}

# ---- what is installed -----------------------------------------------------------------------------

apt_get() {
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@"
}

# libFuzzer's package carries the version of the default clang; only apt knows it, after an update.
resolve_packages() {
    clang_version=$(apt-cache depends clang 2>/dev/null |
        sed -n 's/.*Depends: clang-\([0-9][0-9]*\)$/\1/p' | head -n 1)
    # shellcheck disable=SC2086 # a list of words
    packages=$(printf '%s\n' $missing | sed "s/^$fuzzer_package\$/libclang-rt-${clang_version:-14}-dev/" |
        sort -u | tr '\n' ' ')
}

setup_machine() {
    trial=$(mktemp -d) || fail "no temporary folder can be made"
    fuzzer_package=libclang-rt-dev
    find_missing "$1"
    if [ -n "$missing" ]; then
        install_missing
        find_missing "$1"
        [ -z "$missing" ] || fail "still missing after the installation: $missing_names"
    fi
    rm -rf "$trial"
    sh "$root/scripts/fetch_model.sh" || fail "there is no model; run this command again to retry"
}

install_missing() {
    step "Missing on this machine: $missing_names"
    if ! have apt-get; then
        rm -rf "$trial"
        fail "only Debian and Ubuntu are set up automatically. Install these by your system's means and run this again: $missing_names"
    fi
    sudo=
    if [ "$(id -u)" -ne 0 ]; then
        have sudo || fail "run as root: apt-get install$missing"
        sudo=sudo
    fi
    [ -z "$sudo" ] || sudo -v || fail "sudo was refused; as root: apt-get install$missing"
    log=$root/build/setup.log
    quietly "reading package lists" "$log" apt_get update || fail "apt-get update failed"
    resolve_packages
    say "    installing with ${sudo:+sudo }apt-get: $packages"
    # shellcheck disable=SC2086 # a list of words
    quietly "installing packages" "$log" apt_get install -y --no-install-recommends $packages ||
        fail "apt-get could not install: $packages"
}

# ---- what is built ---------------------------------------------------------------------------------

# configure PRESET [-DNAME=VALUE]...: does nothing if the preset is configured with these values
# already; ninja itself notices changed CMake files. A build folder that came along when the tree was
# moved or copied is started afresh, since it would compile the sources of the old place.
configure() {
    preset=$1
    shift
    folder=$root/build/$preset
    cache=$folder/CMakeCache.txt
    if [ -f "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then
        rm -rf "$folder"
    fi
    if [ -f "$folder/build.ninja" ]; then
        changed=no
        for option in "$@"; do
            name=${option#-D}
            grep -q "^${name%%=*}:[A-Z]*=${name#*=}\$" "$cache" || changed=yes
        done
        [ "$changed" = yes ] || return 0
    fi
    (cd "$root" && quietly "configuring $preset" "$root/build/$preset.log" \
        cmake --preset "$preset" "$@")
}

# build PRESET TARGET...: ninja itself rather than cmake --build, because it cleans up after Ctrl-C.
build() {
    preset=$1
    shift
    quietly "building $preset" "$root/build/$preset.log" ninja -C "$root/build/$preset" "$@"
}
