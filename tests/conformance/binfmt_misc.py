#!/usr/bin/env python3
"""binfmt_misc: what runs by it, and what its files take and show. v6.1's files must agree with the running kernel's."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import cases
from cases import Options, Skip, check

# Documentation/admin-guide/binfmt-misc.rst. v3.10 passes no AT_FLAGS with P, does not know F and cuts the path at 127 bytes.
MISC = """status: enabled;
refused: 8
register: 0 -17
one: enabled;interpreter PROGRAM;flags: ;offset 0;magic 515a;
interpreting /tmp/prog one [] 0
disable: 0
refused: 8
enable, switch all off: 0 0
refused: 8
on: 0
register: 0
two: enabled;interpreter PROGRAM;flags: PO;offset 1;magic 5a;
interpreting /tmp/prog zero one [QZ] FLAGS
remove: 0
two: missing
register: 0
interpreting /tmp/prog.ext one [] 0
flag F: RESULT
interpreting /tmp/prog one [] 0
clear: 0
a path of 129 bytes: 0
LONG
clear: 0, nonsense: -22
refused: 8
"""
INTERPRETED = "interpreting /tmp/prog one [] 0"
VERSIONS = (("v3.10", "0", "-22", INTERPRETED), ("v6.1", "1", "0", "refused: 2"))

# Where v3.10 differs from v6.1 (fs/binfmt_misc.c): line of the program misc_lines, its result, what its entry shows.
ENTRY = "  enabled<0a>interpreter /bin/i<0a>flags: <0a>offset %d<0a>magic %s<0a>"
V3_10 = {
    r":x:M::\\x41::/bin/i: 20:": ("0", ENTRY % (0, "5c41")),
    # simple_strtoul: no sign, no newline, what is too large wraps
    ":x:M:+1:QZ::/bin/i: 19:": ("-22",),
    ":x:M:-0:QZ::/bin/i: 19:": ("-22",),
    ":x:M:1<0a>:QZ::/bin/i: 19:": ("-22",),
    ":x:M:4294967295:QZ::/bin/i: 27:": ("0", ENTRY % (-1, "515a")),
    ":x:M:4294967297:QZ::/bin/i: 27:": ("0", ENTRY % (1, "515a")),
    ":x:M:99999999999999999999999:QZ::/bin/i: 40:": ("0", ENTRY % (-159383553, "515a")),
    # BINPRM_BUF_SIZE is 128
    ":x:M:127:QZ::/bin/i: 20:": ("-22",),
    ":x:M:254:QZ::/bin/i: 20:": ("-22",),
    # no flag F
    ":x:M::QZ::/nothing:F 20:": ("-22",),
    ":x:M::QZ::/tmp:F 16:": ("-22",),
    ":x:M::QZ::/proc/self/exe:FPOC 29:": ("-22",),
    ":register:M::QZ::/nothing:F 27:": ("-22",),
    # no line of more than 256 bytes
    ":" + "n" * 59 + " 270:": ("-22",),
    ":" + "n" * 59 + " 271:": ("-22",),
    ":" + "n" * 59 + " 272:": ("-22",),
    ":x:M::QZ::/" + "n" * 49 + " 257:": ("-22",),
    ":x:M::QZ::/" + "n" * 49 + " 1920:": ("-22",),
}


def built(name, directory):
    program = os.path.join(directory, name)
    subprocess.run(["gcc", "-O1", "-static", "-o", program, os.path.join(HERE, name + ".c")], check=True, stderr=subprocess.DEVNULL)
    return program


def emulated(program, profile):
    return subprocess.run([Options.execscope, "run", "--profile", profile, "--", program], capture_output=True, text=True, timeout=120,
                          check=False)


def test_misc():
    with tempfile.TemporaryDirectory() as directory:
        program = built("misc", directory)
        for profile, flags, result, long in VERSIONS:
            done = emulated(program, profile)
            wanted = MISC.replace("PROGRAM", program).replace("FLAGS", flags).replace("RESULT", result).replace("LONG", long)
            check(done.stdout == wanted, profile, "\n" + done.stdout + done.stderr)


def as_v3_10(text):
    """The output of misc_lines with v6.1, changed as V3_10 says."""
    lines, left, dropping = [], dict(V3_10), False
    for line in text.splitlines():
        head = line.rpartition(" ")[0]
        dropping = dropping and line.startswith("  ")
        if head in left:
            result, *shown = left.pop(head)
            lines += [head + " " + result, *shown]
            dropping = True
        elif not dropping:
            lines.append(line)
    check(not left, "not in the output:", left)
    return "\n".join(lines) + "\n"


def test_misc_lines():
    with tempfile.TemporaryDirectory() as directory:
        program = built("misc_lines", directory)
        newer, older = emulated(program, "v6.1"), emulated(program, "v3.10")
        check(older.stdout == as_v3_10(newer.stdout), older.stdout + older.stderr)
        # A user namespace has a binfmt_misc of its own since Linux 6.7: nothing of the host's changes.
        mount = "mount -t binfmt_misc none /proc/sys/fs/binfmt_misc && [ $(ls /proc/sys/fs/binfmt_misc | wc -l) = 2 ]"
        native = subprocess.run(["unshare", "-Urm", "sh", "-c", mount + " || exit 77; exec " + program], capture_output=True, text=True,
                                timeout=120, check=False)
        if native.returncode:
            raise Skip("no binfmt_misc in a namespace: " + native.stderr)
        check(newer.stdout == native.stdout, "natively:\n" + native.stdout + "\nunder execscope:\n" + newer.stdout + newer.stderr)


if __name__ == "__main__":
    cases.run(__name__)
