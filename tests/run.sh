#!/bin/sh
# Installs what is missing, builds with clang++-19, g++ with sanitizers and g++ (release), runs every test with ctest.
# Arguments go to ctest: tests/run.sh -L lint, tests/run.sh -R guest.hello
# --all, before them, installs the compilers and servers of tests/programs, too: half a gigabyte to fetch, two when installed.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/packages.sh
jobs=${JOBS:-$(nproc)}

build() {
    preset=$1
    shift
    echo "== build: $preset"
    cmake --preset "$preset" "$@" >/dev/null
    cmake --build --preset "$preset" -j "$jobs"
}

if [ "${1-}" = --all ]; then
    shift
    TEST_PACKAGES="$TEST_PACKAGES $LANGUAGE_PACKAGES"
fi
echo "== packages"
# shellcheck disable=SC2086
installPackages $BUILD_PACKAGES $TEST_PACKAGES
emu/zydis.sh
build clang -DEXECSCOPE_TESTS=OFF
build dev
build release "-DEXECSCOPE_CLANG_BUILD=$PWD/build/clang" "-DEXECSCOPE_DEV_BUILD=$PWD/build/dev"
echo "== tests"
exec ctest --test-dir build/release --output-on-failure -j "$jobs" "$@"
