"""Runs a program on a pseudo-terminal, types what a person would, and gives all that came on the screen."""
import os
import pty
import select
import signal
import struct
import termios
import time

import fcntl

from cases import check
from world import hostEnvironment


class Session:
    def __init__(self, arguments, environment=None):
        self.seen = b""
        self.found = 0
        self.status = None
        self.fd, slave = pty.openpty()
        modes = self.modes()
        modes[0] |= 0x4000                                  # IUTF8, as the terminal of a guest begins
        termios.tcsetattr(slave, termios.TCSANOW, modes)
        self.before = self.modes()
        self.resize(24, 80)
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(self.fd)
                os.login_tty(slave)
                os.execvpe(arguments[0], arguments, {**hostEnvironment(), **(environment or {})})
            finally:
                os._exit(126)
        os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def read(self, until):
        """False at the end of the output, or when the time `until` has come."""
        left = until - time.monotonic()
        if left <= 0 or not select.select([self.fd], [], [], left)[0]:
            return False
        try:
            more = os.read(self.fd, 65536)
        except OSError:                                     # EIO: nobody has the other side open
            return False
        self.seen += more
        return bool(more)

    def expect(self, text, timeout=20):
        """Waits until `text` is on the screen behind what an earlier call found."""
        until = time.monotonic() + timeout
        while self.seen.find(text, self.found) < 0:
            check(self.read(until), "waited for", text, "and saw", self.seen)
        self.found = self.seen.find(text, self.found) + len(text)

    def type(self, keys):
        while keys:
            keys = keys[os.write(self.fd, keys):]

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def modes(self):
        return termios.tcgetattr(self.fd)

    def isTaken(self):
        """The last of execscope's steps towards raw modes: the first only ends canonical lines."""
        return not self.modes()[3] & (termios.ICANON | termios.ECHO | termios.ISIG)

    def waitFor(self, condition, timeout=20):
        until = time.monotonic() + timeout
        while not condition():
            check(time.monotonic() < until, "waited in vain; seen:", self.seen)
            time.sleep(0.01)

    def end(self, timeout=20):
        """The wait status, when all output has been read."""
        until = time.monotonic() + timeout
        while self.read(until):
            pass
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
            else:
                check(time.monotonic() < until, "it does not end; seen:", self.seen)
                time.sleep(0.01)
        return os.waitstatus_to_exitcode(self.status)


def play(arguments, steps, environment=None, untilTaken=False):
    """steps: pairs of a text to wait for and the keys to type then. The screen and the exit status (negative: a signal).
    untilTaken: the first keys wait until execscope has them all, so that nobody else shows them or takes Ctrl-C for itself."""
    with Session(arguments, environment) as session:
        for text, keys in steps:
            session.expect(text)
            if untilTaken:
                session.waitFor(session.isTaken)
                untilTaken = False
            if keys[:1] in (b"\x03", b"\x1a", b"\x1c"):
                time.sleep(0.2)         # as a person would: not while a shell is between two commands
            session.type(keys)
        status = session.end()
        return session.seen, status
