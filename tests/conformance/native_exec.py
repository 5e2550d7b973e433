#!/usr/bin/env python3
"""Executes the captured programs, good and malformed, on the running kernel and shows where it differs from 6.1.187.

Without arguments: a table of the differences. The tests hold that every difference is one that is known.
"""
import ctypes
import errno
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
from cases import Skip, check
from exec_errors import DATA, expected_of

PTRACE_TRACEME, PTRACE_CONT = 0, 7
LATEST = (6, 18)        # the newest kernel that KNOWN was made with
INTERPRETER = "load_elf_interp uses elf_load since 6.7: an interpreter without bss needs no writable page behind its file"
KNOWN = {               # file: (this kernel's result, why)
    "odd_interp_is_et_dyn": ("exit 0", INTERPRETER),
    "odd_two_interps": ("exit 0", INTERPRETER),
}


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


def differences():
    """file -> (6.1.187's result, this kernel's), and the number of files."""
    if os.geteuid():
        raise Skip("chroot needs user 0")
    with open(os.path.join(DATA, "exec_errno.json"), encoding="utf-8") as file:
        rows = json.load(file)["results"]
    found = {}
    with tempfile.TemporaryDirectory() as directory:
        root = os.path.join(directory, "root")
        os.mkdir(root)
        subprocess.run(["tar", "-C", root, "--zstd", "-xf", os.path.join(DATA, "root.tar.zst")], check=True)
        for row in rows:
            path = "/t/hello_asm/x" if row["file"] == "x" else "/t/" + row["file"]
            here = native(root, path)
            if here != expected_of(row):
                found[row["file"]] = (expected_of(row), here)
    return found, len(rows)


def release():
    return tuple(int(number) for number in re.findall(r"\d+", os.uname().release)[:2])


def test_native_exec():
    if os.uname().machine != "x86_64" or not (6, 1) <= release() <= LATEST:
        raise Skip("the running kernel is none of Linux 6.1 to %d.%d on x86-64" % LATEST)
    found, _ = differences()
    unknown = ["%s: 6.1.187 %s, here %s" % (name, *pair) for name, pair in sorted(found.items()) if KNOWN.get(name, ("",))[0] != pair[1]]
    check(not unknown, "\n".join(unknown))
    if release() == LATEST:
        check(set(found) == set(KNOWN), "no longer different:", sorted(set(KNOWN) - set(found)))


def main():
    found, count = differences()
    print("Linux %s differs from 6.1.187 in %d of %d files" % (os.uname().release, len(found), count))
    width = max(map(len, found), default=0)
    for name, (captured, here) in sorted(found.items()):
        print("%-*s  %s, here %s%s" % (width, name, captured, here, "" if name not in KNOWN else ": " + KNOWN[name][1]))


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        cases.run(__name__)
