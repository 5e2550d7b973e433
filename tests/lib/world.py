"""Runs one program natively and under execscope, in worlds that look the same to it."""
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass

from cases import Options, Skip

TIMEOUT = 120


@dataclass
class Result:
    stdout: bytes
    stderr: bytes
    status: int     # exit status; 128 + N when signal N ended it

    def __str__(self):
        return "status %d\n--- stdout\n%s\n--- stderr\n%s" % (
            self.status, self.stdout.decode(errors="backslashreplace")[-6000:],
            self.stderr.decode(errors="backslashreplace")[-6000:])


def command(arguments, stdin=b"", cwd=None, timeout=TIMEOUT):
    try:
        done = subprocess.run(arguments, input=stdin, capture_output=True, cwd=cwd, timeout=timeout, env=hostEnvironment())
    except subprocess.TimeoutExpired as late:
        return Result(late.stdout or b"", (late.stderr or b"") + b"\n(timed out)", 124)
    return Result(done.stdout, done.stderr, 128 - done.returncode if done.returncode < 0 else done.returncode)


def hostEnvironment():
    return {**os.environ, "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1", "UBSAN_OPTIONS": "print_stacktrace=1",
            "LC_ALL": "C"}


def guest(name):
    return os.path.abspath(os.path.join(Options.guests, name))


def needs(path):
    """That program of the host."""
    if not os.path.exists(path):
        raise Skip(path + " is not installed")
    return path


def execscope(*arguments, stdin=b"", cwd=None, program=None):
    return command([program or Options.execscope, *arguments], stdin, cwd)


class Tree:
    """A directory that is a root: holds what is put there, and empty /proc, /dev and /tmp."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="execscope-root-")
        os.chmod(self.path, 0o755)
        for name in ("proc", "dev", "tmp"):
            os.mkdir(os.path.join(self.path, name))
        os.chmod(os.path.join(self.path, "tmp"), 0o1777)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def directory(self, path):
        os.makedirs(self.path + path, exist_ok=True)

    def file(self, path, content, mode=0o644):
        self.directory(os.path.dirname(path))
        with open(self.path + path, "wb") as out:
            out.write(content)
        os.chmod(self.path + path, mode)
        os.utime(self.path + path, (1000000000, 1000000000))

    def copy(self, source, path):
        with open(source, "rb") as file:
            self.file(path, file.read(), 0o755)


def isolation():
    """The command prefix that gives a private mount namespace, or None where the machine does not allow it."""
    for prefix in (["unshare", "-mu"], ["unshare", "-rmu"]):
        if subprocess.run([*prefix, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0:
            return prefix
    return None


def native(root, program, arguments, cwd="/", stdin=b""):
    prefix = isolation()
    if prefix is None:
        raise Skip("no mount namespace: the native run needs root or user namespaces")
    enter = os.path.join(os.path.dirname(os.path.abspath(__file__)), "enter_root.py")
    return command([*prefix, "python3", enter, root, cwd, program, *arguments], stdin)


def emulated(program, arguments, options=(), stdin=b"", cwd=None):
    return execscope("run", *options, "--", program, *arguments, stdin=stdin, cwd=cwd)
