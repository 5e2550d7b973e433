"""A long reading says on a terminal how far it has come, and takes that away; nothing while something else is shown."""
import os
import pty
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import cases
from cases import Options, check
from world import execscope, guest


class Reading:
    """A command that reads a trace from a pipe; its standard error is a terminal, and its output as `output` says."""

    def __init__(self, words, output=subprocess.DEVNULL):
        self.screen = b""
        self.fd, other = pty.openpty()
        self.task = subprocess.Popen([Options.execscope, *words], stdin=subprocess.PIPE, stderr=other, stdout=other if output == "terminal" else output)
        os.close(other)
        self.threads = [threading.Thread(target=self.look)]
        if self.task.stdout:
            self.threads.append(threading.Thread(target=self.task.stdout.read))
        for thread in self.threads:
            thread.start()

    def look(self):
        try:
            while more := os.read(self.fd, 65536):
                self.screen += more
        except OSError:                                     # EIO: nobody has the other side open
            pass

    def end(self):
        self.task.stdin.close()
        status = self.task.wait()
        for thread in self.threads:
            thread.join()
        os.close(self.fd)
        return status


def read_slowly(readings, lines):
    half = len(lines) // 2
    check(half > 4096, "too few events: the clock is looked at every 4096", len(lines))
    for part in (lines[:half], lines[half:]):
        for reading in readings:
            reading.task.stdin.write(b"".join(part))
            reading.task.stdin.flush()
        time.sleep(1.2)


def test_progress():
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/t.jsonl"
        execscope("trace", "-e", "trace=all", "-o", path, "--", guest("hello.gnu"))
        with open(path, "rb") as file:
            lines = file.read().splitlines(keepends=True)
        told = {"drawn": ("tree", "-o", folder + "/tree", "-"), "read": ("explain", "-o", folder + "/story", "-"), "verified": ("verify", "-"),
                "compared": ("diff", path, "-"), "exported": ("export", "--format", "strace", "-o", folder + "/strace", "-")}
        readings = {verb: Reading(words) for verb, words in told.items()}
        silent = [Reading(("tree", "-"), "terminal"), Reading(("export", "--format", "jsonl", "-"), subprocess.PIPE)]
        read_slowly([*readings.values(), *silent], lines)
        for reading in (*readings.values(), *silent):
            check(reading.end() == 0, reading.task.args, reading.screen[-300:])
    for verb, reading in readings.items():
        check(b" MiB " + verb.encode() in reading.screen and reading.screen.endswith(b"\r\x1b[K"), verb, reading.screen)
    for reading in silent:
        check(b" MiB " not in reading.screen, "progress beside other output", reading.task.args)


if __name__ == "__main__":
    cases.run(__name__)
