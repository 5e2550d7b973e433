#!/bin/sh
# Runs the workloads natively, under qemu-x86_64 and under execscope run, and prints CPU seconds, MIPS and ratios.
# --quick: small inputs, only to see that all results agree. --rounds N: best of N (3). --only NAME[,NAME]. --check: fail
# when the targets of docs/performance.md are missed.
set -eu
cd "$(dirname "$0")/../.."
. tests/lib/packages.sh
# shellcheck disable=SC2086
installPackages $BUILD_PACKAGES qemu-user python3 >&2
emu/zydis.sh >&2
if [ ! -x build/release/execscope ]; then
    cmake --preset release -DEXECSCOPE_TESTS=OFF >/dev/null
fi
cmake --build --preset release --target execscope >&2
exec python3 -B tests/bench/bench.py --execscope build/release/execscope --build build/release/bench "$@"
