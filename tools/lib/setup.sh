# shellcheck shell=bash
# Makes sure that Foretwin can be built here: Swift, and the system libraries it links.
# Source it from a script in tools/ that has set -euo pipefail, then call `setup`, or
# `setup python3` to have the named Debian packages' commands too. Installs only what is missing.

export FORETWIN_CPU="${FORETWIN_CPU:-native}"

setup_swift_version_min="6.2"

setup_say() {
    printf 'setup: %s\n' "$*" >&2
}

setup_fail() {
    setup_say "$*"
    exit 1
}

# True if version $1 (such as 6.3.1) is at least $2 (such as 6.2).
setup_version_at_least() {
    local major minor major_min minor_min
    IFS=. read -r major minor _ <<<"$1.0"
    IFS=. read -r major_min minor_min _ <<<"$2.0"
    ((major > major_min || (major == major_min && minor >= minor_min)))
}

setup_check_swift() {
    local where="install it from https://www.swift.org/install"
    command -v swift >/dev/null ||
        setup_fail "Swift $setup_swift_version_min or newer is needed and is not on the PATH;" \
            "$where"
    local said version
    said="$(swift --version 2>/dev/null)" ||
        setup_fail "'swift --version' fails; repair the Swift toolchain or $where"
    version="$(sed -nE 's/.*Swift version ([0-9]+\.[0-9]+(\.[0-9]+)?).*/\1/p' <<<"$said" |
        head -n 1)"
    [[ -n $version ]] ||
        setup_fail "cannot tell the version of the Swift on the PATH; $where"
    setup_version_at_least "$version" "$setup_swift_version_min" ||
        setup_fail "Swift $version is too old: $setup_swift_version_min or newer is needed;" \
            "$where"
}

# Prints the Debian packages that are needed and missing, one a line.
setup_missing_packages() {
    local command library
    for command in pkg-config "$@"; do
        command -v "$command" >/dev/null || echo "$command"
    done
    for library in lmdb sqlite3; do
        pkg-config --exists "$library" 2>/dev/null || echo "lib${library}-dev"
    done
}

# Installs the given Debian packages, asking for root only if it has to.
setup_install() {
    local packages="$*"
    command -v apt-get >/dev/null ||
        setup_fail "missing: $packages; there is no apt-get here, so install what your" \
            "system calls them (on macOS: brew install lmdb pkgconf) and run this again"
    local as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            setup_fail "missing: $packages; as root, run: apt-get install $packages"
        as_root=(sudo)
        if [[ -n ${CI:-} ]] || ! { : </dev/tty; } 2>/dev/null; then
            as_root+=(-n) # Nobody is there to type a password.
        else
            setup_say "installing needs root, so sudo may ask for your password"
        fi
    fi
    setup_say "installing $packages with apt-get"
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq)
    "${apt[@]}" update >&2 </dev/null ||
        setup_say "apt-get update failed; trying with the package lists that are here"
    "${apt[@]}" install --yes --no-install-recommends "$@" >&2 </dev/null ||
        setup_fail "could not install $packages; as root, run: apt-get install $packages"
}

setup() {
    setup_check_swift
    local missing
    mapfile -t missing < <(setup_missing_packages "$@")
    ((${#missing[@]} == 0)) || setup_install "${missing[@]}"
}
