"""Real programs run natively and under execscope: same stdout, stderr and exit status (docs/programs.md, from table.py).

The emulated run comes first: what it writes stays in its memory, so that the native one finds the same files.
"""
import difflib
import lzma
import os
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), HERE]
import cases
import page
from table import BUSYBOX, ROWS
from world import Tree, command, emulated, native


def available(row):
    for file, package in (BUSYBOX, *row.needs):
        if not os.path.exists(file):
            raise cases.Skip("%s is not there (Debian: %s); tests/run.sh --all installs it" % (file, package))
    if row.avx2:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            if not {"avx2", "bmi2", "fma"} <= set(info.read().split()):
                raise cases.Skip("the host is no x86-64-v3")


def fill(tree, row):
    """busybox under the names of all its applets, the files that the row names, an empty work directory."""
    for file in (BUSYBOX[0], *row.files):
        tree.copy(os.path.realpath(file), file)
    for name in command([BUSYBOX[0], "--list"]).stdout.decode().split():
        if not os.path.lexists(tree.path + "/bin/" + name):
            os.symlink("busybox", tree.path + "/bin/" + name)
    tree.file("/etc/passwd", b"root:x:0:0:root:/:/bin/sh\n")
    tree.file("/etc/group", b"root:x:0:\n")
    tree.file("/data/text.xz", lzma.compress(b"".join(b"line %d\n" % n for n in range(5000)), preset=1))
    tree.directory("/work")


def build(row, source, program):
    os.makedirs(os.path.dirname(program), exist_ok=True)
    line = row.build.format(source=shlex.quote(source), program=shlex.quote(program), folder=shlex.quote(os.path.dirname(source)))
    done = subprocess.run(["sh", "-c", line], cwd=os.path.dirname(program), capture_output=True, check=False)
    cases.check(done.returncode == 0, line, "\n", (done.stdout + done.stderr).decode(errors="replace"))


def difference(expected, found):
    lines = [["status %d" % result.status, *(result.stdout + result.stderr).decode(errors="backslashreplace").splitlines()]
             for result in (expected, found)]
    return "\n".join(["", *difflib.unified_diff(*lines, "natively", "under execscope", lineterm="", n=2)][:200])


def compare(row, arguments, options, root, cwd):
    found = [emulated(*arguments, (*options, "--cpu", cpu, "--chdir", cwd)) for cpu in row.cpus]
    expected = native(root, *arguments, cwd)
    for cpu, result in zip(row.cpus, found):
        cases.check(result == expected, shlex.join([arguments[0], *arguments[1]]), "--cpu", cpu, difference(expected, result))


def runSource(row, source):
    """In a tree that is the root, or with the host's root and the tree's work directory."""
    with Tree() as tree:
        fill(tree, row)
        path, name = os.path.join(HERE, source), os.path.basename(source)
        prefix = tree.path if row.host else ""
        program, script = "/bin/" + name.rsplit(".", 1)[0], "/data/" + name
        tree.copy(path, script)
        if row.build:
            build(row, path, tree.path + program)
        program, *arguments = shlex.split(row.run.format(program=prefix + program, script=prefix + script))
        root = "/" if row.host else tree.path
        compare(row, (program, arguments), ("--root", root), root, prefix + "/work")


def runRow(row):
    available(row)
    for source in row.sources:
        runSource(row, source)


def all_cases():
    found = {row.name: lambda row=row: runRow(row) for row in ROWS}
    found["page"] = lambda: page.check(ROWS)
    return found


if __name__ == "__main__":
    sys.exit(cases.main(all_cases()))
