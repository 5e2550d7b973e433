#!/usr/bin/env python3
"""A program without interpreter that may lie anywhere lies where its segments ask for: p_align of its PT_LOADs.

6.1.187 honours it: 6.1.139 has "binfmt_elf: Honor PT_LOAD alignment for static PIE", from the series that also moved such a
program's heap, as linux-6.1/initial_state shows. v3.10 does not. Each program says where it is; the running kernel (from 6.10 on)
and --profile v6.1 must agree on the address modulo the largest alignment that counts."""
import os
import platform
import re
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
from cases import Options, Skip, check
from exec_errors import elf, header

PT_LOAD, R_X, RW_ = 1, 5, 6
KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
# lea begin(%rip), %rax; push %rax; write(1, %rsp, 8); _exit(0)
CODE = bytes.fromhex("488d05f9ffffff" "50" "b801000000" "bf01000000" "4889e6" "ba08000000" "0f05" "b83c000000" "31ff" "0f05")

# name: p_vaddr of the code, p_align of the code, p_align of a segment of data behind it (None: there is none), what counts
PROGRAMS = {
    "page": (0, 4 * KIB, None, 4 * KIB),
    "small": (0, 16, None, 4 * KIB),
    "none": (0, 0, 1, 4 * KIB),
    "64K": (0, 64 * KIB, None, 64 * KIB),
    "2M": (0, 2 * MIB, 4 * KIB, 2 * MIB),
    "data-2M": (0, 4 * KIB, 2 * MIB, 2 * MIB),
    "1G": (0, GIB, 64 * KIB, GIB),
    "no-power": (0, 3 * MIB, 64 * KIB, 64 * KIB),
    "no-powers": (0, 5 * MIB, 3 * MIB, 4 * KIB),
    "linked-elsewhere": (0x400000, 2 * MIB, 64 * KIB, 2 * MIB),
    "linked-across": (0x403000, 2 * MIB, 4 * KIB, 2 * MIB),
}


def program(name):
    address, code_align, data_align, _ = PROGRAMS[name]
    segments = 1 if data_align is None else 2
    offset = 64 + 56 * segments
    headers = [header(PT_LOAD, R_X, 0, address, offset + len(CODE), offset + len(CODE), code_align)]
    if segments == 2:
        headers.append(header(PT_LOAD, RW_, 0, address + 0x1000, 100, 0x5000, data_align))
    return elf(headers, CODE, kind=3, entry=address + offset), offset


def where(command, offset):
    """The address of the first page, or how the program ended."""
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    if len(done.stdout) != 8:
        return "status %d" % (done.returncode if done.returncode >= 0 else 128 - done.returncode)
    return struct.unpack("<Q", done.stdout)[0] - offset


def build(name, directory):
    content, offset = program(name)
    path = os.path.join(directory, name)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, 0o755)
    return path, offset


def modulo(place, alignment):
    return place if isinstance(place, str) else place % alignment


def test_alignment():
    release = tuple(map(int, re.findall(r"\d+", platform.release())[:2]))
    with tempfile.TemporaryDirectory() as directory:
        for name, (_, _, _, alignment) in PROGRAMS.items():
            path, offset = build(name, directory)
            found = where([Options.execscope, "run", "--profile", "v6.1", "--", path], offset)
            check(modulo(found, alignment) == 0, name, found)
            if release >= (6, 10):
                native = where(["setarch", "-R", path], offset)
                check(modulo(native, alignment) == modulo(found, alignment), name, "natively", native, "here", found)
    if release < (6, 10):
        raise Skip("the running kernel does not align programs without interpreter")


def test_v3_10():
    """v3.10 asks nobody: programs of one size lie at one place."""
    with tempfile.TemporaryDirectory() as directory:
        found = {}
        for name in ("page", "64K", "1G"):
            path, offset = build(name, directory)
            found[name] = where([Options.execscope, "run", "--profile", "v3.10", "--", path], offset)
        check(isinstance(found["page"], int) and len(set(found.values())) == 1, found)


if __name__ == "__main__":
    cases.run(__name__)
