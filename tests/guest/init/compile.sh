#!/bin/sh
# Makes emu/guests/init.inc and emu/guests/hello.inc from their sources. Made with gcc 12.2.0 and binutils 2.40 of Debian 12;
# other versions give other, equally good bytes, but golden traces hold those of the committed ones.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
guests=$here/../../../emu/guests
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compile() { # SOURCE OUTPUT
    gcc -std=gnu11 -Os -Wall -Wextra -Werror -static -nostdlib -ffreestanding -fno-pie -no-pie -fno-stack-protector \
        -fno-asynchronous-unwind-tables -fcf-protection=none -fno-tree-loop-distribute-patterns \
        -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,norelro -Wl,-z,noexecstack -o "$2" "$1"
    strip --remove-section=.comment ${3:+"$3"} "$2"
}
bytes() { # FILE: its bytes as a C initialiser
    od -An -v -tu1 -w24 "$1" | sed 's/^ *//; s/  */,/g; s/$/,/'
}

compile "$here/init.c" "$work/init"
bytes "$work/init" >"$guests/init.inc"
compile "$here/../sample/hello.c" "$work/hello" --strip-debug
bytes "$work/hello" >"$guests/hello.inc"
ls -l "$work"
