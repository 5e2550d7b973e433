"""In what kernels newer than 6.1.187 execute files in another way. Each row is needed: a test that meets its file fails where the
running kernel does as 6.1.187 does."""
import os
import re
from dataclasses import dataclass

from cases import Skip

LATEST = (6, 18)        # the newest kernel that these rows were made with


@dataclass
class Difference:
    since: tuple
    reason: str
    files: dict         # name: what these kernels do, as exec_errors.expected_of() says it


NEWER = (
    Difference((6, 7), "load_elf_interp uses elf_load: an interpreter without bss needs no writable page behind its file",
               {"odd_interp_is_et_dyn": "exit 0", "odd_two_interps": "exit 0", "interp-ok": "exit 0"}),
    Difference((6, 17), "program headers may take 65536 bytes, not one page",
               {"phnum-74": "exit 0", "phnum-1170": "exit 0", "elf-phnum-big/74": "exit 0"}),
)


def release():
    return tuple(int(number) for number in re.findall(r"\d+", os.uname().release)[:2])


def must_be_known():
    if os.uname().machine != "x86_64" or not (6, 1) <= release() <= LATEST:
        raise Skip("the running kernel is none of Linux 6.1 to %d.%d on x86-64" % LATEST)


def difference(name, running=None):
    """That of the running kernel, or None."""
    return next((one for one in NEWER if name in one.files and (running or release()) >= one.since), None)


def complaints(in_6_1, here, how=lambda result: result):
    """in_6_1, here: name -> what 6.1.187 and the running kernel do; how: how the two say what a row says."""
    lines = []
    for name, captured in sorted(in_6_1.items()):
        row = difference(name)
        expected = how(row.files[name]) if row else captured
        if row and expected == captured:
            lines.append("%s: the row of newer kernels is not needed, 6.1.187 gives %s, too" % (name, captured))
        elif here[name] != expected:
            lines.append("%s: expected %s (6.1.187: %s), this kernel gives %s" % (name, expected, captured, here[name]))
    return lines
