#!/bin/sh
# Makes vdso.inc from vdso.S. Made with gcc 12.2.0 and binutils 2.40 of Debian 12.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -c -o "$work/vdso.o" vdso.S
ld -shared -Bsymbolic -soname linux-vdso.so.1 --hash-style=both --build-id=none --eh-frame-hdr -z max-page-size=4096 -z noexecstack \
    -T vdso.lds -o "$work/vdso.so" "$work/vdso.o"
strip "$work/vdso.so"
size=$(stat -c %s "$work/vdso.so")
[ "$size" -le 4096 ] || { echo "vdso.so has $size bytes, more than a page" >&2; exit 1; }
od -An -v -tu1 -w24 "$work/vdso.so" | sed 's/^ *//; s/  */,/g; s/$/,/' >vdso.inc
[ "${1:-}" = "" ] || cp "$work/vdso.so" "$1"
