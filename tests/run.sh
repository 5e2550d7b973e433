#!/bin/sh
# Installs what is missing, builds with g++ (release), clang++-19 and g++ with sanitizers, runs every test with ctest.
# Arguments go to ctest: tests/run.sh -L lint, tests/run.sh -R guest.hello
set -eu
cd "$(dirname "$0")/.."
. tests/lib/packages.sh

jobs=${JOBS:-$(nproc)}
echo "== packages"
# shellcheck disable=SC2086
installPackages $BUILD_PACKAGES $TEST_PACKAGES
for preset in clang dev release; do
    echo "== build: $preset"
    case $preset in
        release) options="-DEXECSCOPE_CLANG_BUILD=$PWD/build/clang -DEXECSCOPE_DEV_BUILD=$PWD/build/dev" ;;
        clang) options="-DEXECSCOPE_TESTS=OFF" ;;
        *) options="" ;;
    esac
    # shellcheck disable=SC2086
    cmake --preset $preset $options >/dev/null
    cmake --build --preset $preset -j "$jobs"
done
echo "== tests"
exec ctest --test-dir build/release --output-on-failure -j "$jobs" "$@"
