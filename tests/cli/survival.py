"""What is left of a trace when its writer is stopped or cannot write: the beginning of a trace, in each of its forms."""
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import cases
from cases import Options, Skip, check
from world import Tree, execscope, guest, hostEnvironment, needs

FORMS = ("t.jsonl", "t.jsonl.zst", "t.trace", "t.trace.zst")
FILES = (*FORMS, "-")       # standard output
ALL = ("-e", "trace=all")
SMALL = {"t.jsonl": 300, "t.jsonl.zst": 100, "t.trace": 300, "t.trace.zst": 100}      # KiB, less than a trace of hello.gnu takes


def prefix(path, name):
    """The trace was cut, and what is there holds together: how many events."""
    result = execscope("verify", path)
    out = result.stdout.decode()
    check(result.status == 2 and re.search("The trace was cut: it has no footer. What is there is good as far as it goes", out), name, result)
    told = execscope("tree", path)
    check(told.status in (0, 125) and b"was cut" in told.stderr, name, told.stderr)     # 125: inside a line
    return int(re.search(r"(\d+) events hold together", out)[1])


def complete(path, name):
    result = execscope("verify", path)
    check(result.status == 0 and b"cut" not in result.stdout, name, result)


class Endless:
    """A program that runs until somebody stops the emulator, traced into `name`, once so many bytes of the trace are there."""

    def __init__(self, name, bytes_before):
        self.folder = tempfile.TemporaryDirectory()
        self.tree = Tree()
        self.tree.copy(needs("/bin/busybox"), "/bin/busybox")
        self.path = os.path.join(self.folder.name, "out" if name == "-" else name)
        command = [Options.execscope, "trace", "-o", "-" if name == "-" else self.path, *ALL, "--root", self.tree.path, "--",
                   "/bin/busybox", "sh", "-c", "while :; do :; done"]
        with open(self.path if name == "-" else os.devnull, "wb") as out:
            self.run = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, env=hostEnvironment())
        until = time.monotonic() + 60
        while time.monotonic() < until and (not os.path.exists(self.path) or os.path.getsize(self.path) < bytes_before):
            time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.run.kill()
        self.run.communicate()
        self.folder.cleanup()
        self.tree.__exit__()

    def send(self, number):
        self.run.send_signal(number)
        stderr = self.run.communicate(timeout=60)[1]
        return self.run.returncode, stderr.decode()


def test_survives_sigkill():
    for name in FILES:
        for at in (1, 20_000, 60_000) if name.endswith(".zst") else (1, 200_000, 1_500_000):
            with Endless(name, at) as endless:
                status, stderr = endless.send(signal.SIGKILL)
                check(status == -signal.SIGKILL, name, status, stderr)
                check(prefix(endless.path, name) >= (1 if at == 1 else 1000), name, at)


def test_survives_sigint_and_sigterm():
    for name in FILES:
        for number in (signal.SIGINT, signal.SIGTERM):
            with Endless(name, 20_000 if name.endswith(".zst") else 200_000) as endless:
                status, stderr = endless.send(number)
                check(status == 128 + number and "interrupted; the trace ends here" in stderr, name, number, status, stderr)
                complete(endless.path, name)


def failed(result, name, why):
    """Said once, with how much is there; the program ran on. How many events are there: at most, where a thread compresses them."""
    stderr = result.stderr.decode()
    check(result.returncode == 125 and result.stdout == b"hello\n" and stderr.count("cannot write the trace") == 1, name, result)
    said = re.search(why + r"; it holds (the|a part of the) first (\d+) events \((\d+) bytes\) and no more will be added; the program runs on", stderr)
    check(said and (said[1] == "the") == (not name.endswith(".zst")), name, stderr)
    return int(said[2])


def test_survives_a_full_disk():
    if os.getuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
        raise Skip("mounting needs the superuser")
    for name in FORMS:
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(folder + "/disk")
            script = 'mount -t tmpfs -o size="$4"k none "$1/disk"; "$2" trace -e trace=all -o "$1/disk/$5" -- "$3"; status=$?; cp "$1/disk/$5" "$1"; exit $status'
            result = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", folder, Options.execscope, guest("hello.gnu"), str(SMALL[name]), name],
                                    check=False, capture_output=True, env=hostEnvironment())
            said = failed(result, name, "No space left on device")
            there = prefix(folder + "/" + name, name)
            check(0 < there <= said and (there == said or name.endswith(".zst")), name, there, said)


def test_survives_a_size_limit():
    for name in FORMS:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, name)
            result = subprocess.run(["bash", "-c", 'ulimit -f "$3"; trap "" XFSZ; exec "$0" trace -o "$1" -e trace=all -- "$2"',
                                     Options.execscope, path, guest("hello.gnu"), str(SMALL[name])], check=False, capture_output=True, env=hostEnvironment())
            said = failed(result, name, "File too large")
            there = prefix(path, name)
            check(0 < there <= said and (there == said or name.endswith(".zst")), name, there, said)


def test_survives_a_full_device():
    for name in FORMS:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, name)
            os.symlink("/dev/full", path)
            result = subprocess.run([Options.execscope, "trace", "-o", path, *ALL, "--", guest("hello.gnu")], check=False, capture_output=True, env=hostEnvironment())
            failed(result, name, "No space left on device")


def test_survives_a_closed_pipe():
    for name in FORMS:
        with tempfile.TemporaryDirectory() as folder:
            path, copy = os.path.join(folder, name), os.path.join(folder, "copy")
            os.mkfifo(path)

            def head():
                with open(path, "rb") as pipe, open(copy, "wb") as out:
                    out.write(pipe.read(SMALL[name] << 10))

            reader = threading.Thread(target=head)
            reader.start()
            result = subprocess.run([Options.execscope, "trace", "-o", path, *ALL, "--", guest("hello.gnu")], check=False, capture_output=True, env=hostEnvironment())
            reader.join()
            said = failed(result, name, "Broken pipe")
            check(0 < prefix(copy, name) <= said, name, said)


def test_survives_head():
    with tempfile.TemporaryDirectory() as folder:
        line = '"$0" trace -o - -e trace=all -- "$1" 2>"$2/err" | head -c 100000 >"$2/out"; exit ${PIPESTATUS[0]}'
        result = subprocess.run(["bash", "-c", line, Options.execscope, guest("hello.gnu"), folder], check=False, env=hostEnvironment())
        with open(folder + "/err", "rb") as file:
            stderr = file.read()
        check(result.returncode == 125 and b"cannot write the trace to standard output: Broken pipe" in stderr and b"hello\n" in stderr, stderr)
        prefix(folder + "/out", "-")


if __name__ == "__main__":
    cases.run(__name__)
