#!/usr/bin/env python3
"""Executes the captured programs, good and malformed, on the running kernel and shows where it differs from 6.1.187.

Without arguments: a table of the differences. The tests hold that every difference is one that is known.
"""
import ctypes
import errno
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import newer_kernels
from cases import Skip, check
from exec_errors import DATA, expected_of, files

PTRACE_TRACEME, PTRACE_CONT = 0, 7


def ptrace(request, pid):
    return ctypes.CDLL(None, use_errno=True).ptrace(ctypes.c_long(request), ctypes.c_long(pid), ctypes.c_void_p(0), ctypes.c_void_p(0))


def waitFor(pid, seconds):
    """The wait status, or None when nothing has happened in that time; the process has then been killed."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def child(root, path, errors):
    try:
        os.chroot(root)
        os.chdir("/")
        null = os.open("/dev/null", os.O_RDWR) if os.path.exists("/dev/null") else -1
        for fd in (0, 1, 2):
            os.close(fd) if null < 0 else os.dup2(null, fd)
        if ptrace(PTRACE_TRACEME, 0) < 0:
            os.write(errors, b"trace")
            os._exit(0)
        os.execve(path, [path], {})
    except OSError as error:
        os.write(errors, str(error.errno).encode())
    os._exit(0)


def afterStart(pid, status):
    """The program has been started when the first stop is exec's SIGTRAP; other signals came from inside execve."""
    started = os.WSTOPSIG(status) == signal.SIGTRAP
    if not started:
        found = signal.Signals(os.WSTOPSIG(status)).name + " killed_inside_execve"
    else:
        ptrace(PTRACE_CONT, pid)
        status = waitFor(pid, 10)
        if status is None:
            return "does not end"
        if os.WIFEXITED(status):
            return "exit %d" % os.WEXITSTATUS(status)
        number = os.WSTOPSIG(status) if os.WIFSTOPPED(status) else os.WTERMSIG(status)
        found = signal.Signals(number).name + " exec_ok_then_killed_in_user_mode"
        if not os.WIFSTOPPED(status):
            return found
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return found


def native(root, path):
    """As exec_errors.expected_of()."""
    reader, writer = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        child(root, path, writer)
    os.close(writer)
    status = waitFor(pid, 10)
    said = os.read(reader, 16) if select.select([reader], [], [], 0)[0] else b""
    os.close(reader)
    if status is None:
        return "does not end"
    if os.WIFSTOPPED(status):
        return afterStart(pid, status)
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name + " killed_inside_execve"
    if said == b"trace":
        raise Skip("ptrace is not allowed here")
    return errno.errorcode[int(said)] if said else "exit %d" % os.WEXITSTATUS(status)


def started(result):
    """exec's part of what native() says: "starts", whatever the program then came to; an errno; or a signal."""
    return "starts" if result.startswith("exit ") or result.endswith("in_user_mode") else result.split()[0]


def everything():
    """file -> 6.1.187's result, and file -> this kernel's."""
    if os.geteuid():
        raise Skip("chroot needs user 0")
    with open(os.path.join(DATA, "exec_errno.json"), encoding="utf-8") as file:
        rows = json.load(file)["results"]
    here = {}
    with tempfile.TemporaryDirectory() as directory:
        root = os.path.join(directory, "root")
        os.mkdir(root)
        subprocess.run(["tar", "-C", root, "--zstd", "-xf", os.path.join(DATA, "root.tar.zst")], check=True)
        for row in rows:
            here[row["file"]] = native(root, "/t/hello_asm/x" if row["file"] == "x" else "/t/" + row["file"])
    return {row["file"]: expected_of(row) for row in rows}, here


def test_native_exec():
    newer_kernels.must_be_known()
    lines = newer_kernels.complaints(*everything())
    check(not lines, "\n".join(lines))


def test_newer_kernels_rows():
    """Each row names a file that a test executes, and one that is not needed is found."""
    import failures
    with open(os.path.join(DATA, "exec_errno.json"), encoding="utf-8") as file:
        known = {row["file"] for row in json.load(file)["results"]} | set(files(b"/f")) | {case.name for case in failures.CASES}
    named = [name for row in newer_kernels.NEWER for name in row.files]
    check(set(named) <= known and len(set(named)) == len(named), sorted(set(named) - known), named)
    check(newer_kernels.difference("interp-ok", (6, 7)) and not newer_kernels.difference("interp-ok", (6, 6)))
    newer_kernels.must_be_known()
    name = next((name for name in named if newer_kernels.difference(name)), None)
    if name is None:
        raise Skip("no row is of a kernel as old as this")
    row = newer_kernels.difference(name).files[name]
    for in_6_1, here, wrong in (("EIO", row, 0), ("EIO", "EIO", 1), (row, row, 1)):
        check(len(newer_kernels.complaints({name: in_6_1}, {name: here})) == wrong, in_6_1, here)


def main():
    in_6_1, here = everything()
    found = {name: result for name, result in in_6_1.items() if here[name] != result}
    print("Linux %s differs from 6.1.187 in %d of %d files" % (os.uname().release, len(found), len(in_6_1)))
    width = max(map(len, found), default=0)
    for name, captured in sorted(found.items()):
        row = newer_kernels.difference(name)
        print("%-*s  %s, here %s%s" % (width, name, captured, here[name], ": " + row.reason if row else ""))


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        cases.run(__name__)
