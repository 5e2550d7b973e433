#!/bin/sh
# From a fresh Debian 12 to a first trace: installs what is missing, builds, traces the exec of an embedded hello.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/packages.sh

echo "1/3 Packages"
# shellcheck disable=SC2086
installPackages $BUILD_PACKAGES
emu/zydis.sh
echo "2/3 Build (build/release)"
cmake --preset release -DEXECSCOPE_TESTS=OFF >/dev/null
cmake --build --preset release --target execscope
echo "3/3 Trace the exec of a small static hello"
build/release/execscope demo -o hello.jsonl
cat <<'TEXT'

The trace is in hello.jsonl, one JSON object per line. What next:
  build/release/execscope tree hello.jsonl             the same trace as a tree of kernel calls
  build/release/execscope run ./your-static-program    run a program
  build/release/execscope trace ./your-static-program  run it and write a trace
  build/release/execscope --help                       everything else
  docs/reading-order.md                                the source files that explain exec
  tests/run.sh                                         install, build and run all tests
TEXT
