# Debian packages that execscope needs, by name. Sourced by emu/quickstart.sh and tests/run.sh.
# ccache is used by the build when it is there; nothing needs it.

BUILD_PACKAGES="g++ lld cmake ninja-build libzydis-dev libmpfr-dev libspdlog-dev nlohmann-json3-dev libcli11-dev
                libsqlite3-dev libzstd-dev"
TEST_PACKAGES="clang-19 catch2 python3 python3-jsonschema binutils musl-tools qemu-user busybox-static bash-static
               util-linux xxhash git gdb jq sqlite3 strace zsh-static mksh liblua5.4-dev perl"
LANGUAGE_PACKAGES="gfortran gnat golang-go rustc fp-compiler ocaml-nox redis-server redis-tools lighttpd curl tmux"

missingPackages() {
    for package in "$@"; do
        dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || echo "$package"
    done
}

# installPackages NAME...: installs those that are missing, or says which ones and exits with 1.
installPackages() {
    if ! command -v dpkg-query >/dev/null; then
        echo "This is not a Debian system, so nothing is installed. Needed: $*" >&2
        return 0
    fi
    missing=$(missingPackages "$@" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    asRoot=""
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "Missing packages: $missing" >&2
            echo "Neither root nor sudo: install them as root with: apt-get install $missing" >&2
            exit 1
        fi
        asRoot="sudo"
    fi
    echo "Installing: $missing"
    aptInstall="$asRoot env DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends install"
    # The package lists of a fresh system are empty or old; only then are they fetched.
    # shellcheck disable=SC2086
    if ! $aptInstall $missing >/dev/null 2>&1; then
        $asRoot apt-get -q update
        if ! $aptInstall $missing; then
            echo "apt-get could not install: $missing" >&2
            exit 1
        fi
    fi
}
