#!/bin/sh
# Makes vdso-3.10.inc and vdso-6.1.inc from vdso.S. Made with gcc 12.2.0 and binutils 2.40 of Debian 12.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make_image() {                          # name, options of vdso.S
    name=$1
    shift
    gcc "$@" -c -o "$work/$name.o" vdso.S
    ld -shared -Bsymbolic -soname linux-vdso.so.1 --hash-style=both --build-id=none --eh-frame-hdr -z max-page-size=4096 \
        -z noexecstack -T vdso.lds -o "$work/$name.so" "$work/$name.o"
    strip "$work/$name.so"
    size=$(stat -c %s "$work/$name.so")
    [ "$size" -le 4096 ] || { echo "$name.so has $size bytes, more than a page" >&2; exit 1; }
    od -An -v -tu1 -w24 "$work/$name.so" | sed 's/^ *//; s/  */,/g; s/$/,/' >"$name.inc"
}

make_image vdso-3.10 -DVERSION_CODE=0x030a00
make_image vdso-6.1 -DVERSION_CODE=0x0601bb -DV6_1
[ "${1:-}" = "" ] || cp "$work"/*.so "$1"
