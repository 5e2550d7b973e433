"""An interactive bash on a pseudo-terminal that its parent makes: editing, Ctrl-C, Ctrl-Z, fg, a new size."""
import fcntl
import os
import pty
import select
import struct
import sys
import termios

STEPS = [(b"$ ", b"stty size; echo typ\x7fped; echo r'unning'; cat\r"), (b"30 90\r\ntyped\r\nrunning\r\n", b"hi\r"), (b"hi\r\nhi\r\n", b"\x1a"),
         (b"Stopped", b""), (b"$ ", b"fg\r"), (b"cat\r\n", b"again\r"), (b"again\r\nagain\r\n", b"\x03"), (b"$ ", b"echo status $?; stty size; jobs\r"),
         (b"40 100\r\n", b""), (b"$ ", b"echo /et\t\r"), (b"/etc/\r\n", b""), (b"$ ", b"test -t 0 && tty | tr 0-9 N; exit 7\r")]
ENVIRONMENT = {"PS1": "$ ", "TERM": "dumb", "HISTFILE": "/dev/null", "HOME": "/", "PATH": "/usr/bin:/bin"}
seen = b""


def read(fd):
    if not select.select([fd], [], [], 20)[0]:
        raise SystemExit("waited in vain; seen: %r" % seen)
    return os.read(fd, 4096)


def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


shell, master = pty.fork()
if shell == 0:
    resize(0, 30, 90)
    os.execvpe("/bin/bash", ["bash", "--norc", "--noprofile", "-i"], ENVIRONMENT)
found = 0
for text, keys in STEPS:
    while seen.find(text, found) < 0:
        seen += read(master)
    found = seen.find(text, found) + len(text)
    if keys == b"\x03":
        resize(master, 40, 100)         # while cat has the terminal, not bash
    os.write(master, keys)
try:
    while True:
        seen += read(master)
except OSError as error:
    print(error.errno)
print(seen.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(shell, 0)[1]))
