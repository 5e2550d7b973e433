"""Terminals: the line discipline, job control and shells, on a real pseudo-terminal natively and under execscope."""
import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import terminal

PROFILES = ("v3.10", "v6.1")
LINES = [b"plain\r", b"ab\x7fc\n", b"one two\x17three\r", b"gone\x15kept\r", b"tab\there\x7f\x7f\x7f\x7f\x7f!\r", b"\xc3\xa4\xe2\x82\xac\x7fx\r",
         b"\x16\x03quoted\x16\x7f\r", b"re\x01\x12print\r", b"part\x04ly\x04\r", b"\x04", b"\x7f\x15\x17nothing\r"]
KEYS = [(b"lines> ", b"".join(LINES)), (b"pieces> ", b"abcdef\x04gh\r"), (b"long> ", b"x" * 5000 + b"\r"),
        (b"signal> ", b"lost\x03"), (b"signal> ", b"\x1c"), (b"stop> ", b"gone\x1astill\r"),
        (b"raw> ", b"a\r\x7f"), (b"min3> ", b"xyz"), (b"control> ", b"\r\x13\x16\x04"), (b"ahead> ", b"abc"), (b"now a line> ", b"")]
# Programs say "running" before keys are typed for them: until then the shell may still have its own modes.
SHELL = [(b"$ ", b"echo typ\x7fped\r"), (b"typed\r\n", b""), (b"$ ", b"echo r'unning'; cat\r"), (b"running\r\n", b"through\r"),
         (b"through\r\nthrough\r\n", b"\x1a"), (b"Stopped", b""), (b"$ ", b"jobs\r"), (b"Stopped", b""), (b"$ ", b"fg\r"),
         (b"cat\r\n", b"again\r"), (b"again\r\nagain\r\n", b"\x03"), (b"$ ", b"echo status $?\r"), (b"status 130\r\n", b""),
         (b"$ ", b"cat & sleep 1\r"), (b"Stopped", b""), (b"$ ", b"kill -9 %1; sleep 1\r"), (b"Killed", b""),
         (b"$ ", b"BUSY\r"), (b"running\r\n", b"\x03"), (b"$ ", b"echo status $?\r"), (b"status 130\r\n", b""), (b"$ ", b"exit 7\r")]
# busybox's shell in a loop of its own loses one Ctrl-C in fifty, natively, too: another one loops for it.
BUSY = {"bash": b"echo r'unning'; while :; do :; done", "busybox": b"/bin/busybox sh -c \"echo r'unning'; while :; do :; done\""}

# Without what sleeps: time jumps while nobody can run (docs/fidelity.md).
EDITED = [(b"$ ", b"echo typ\x7fped\r"), (b"typed\r\n", b""), (b"$ ", b"echo r'unning'; cat\r"), (b"running\r\n", b"through\r"),
          (b"through\r\nthrough\r\n", b"\x1a"), (b"STOPPED", b""), (b"$ ", b"jobs\r"), (b"STOPPED", b""), (b"$ ", b"fg\r"),
          (b"cat\r\n", b"again\r"), (b"again\r\nagain\r\n", b"\x03"), (b"$ ", b"echo status $?\r"), (b"status 130\r\n", b""),
          (b"$ ", b"echo r'unning'; while :; do :; done\r"), (b"running\r\n", b"\x03"), (b"$ ", b"exit 7\r")]
PYTHON = [(b">>> ", b"print('on' + 'ce')\r"), (b"once\r\n", b""), (b">>> ", b"\x1b[A\x7f, 2)\r"), (b"once 2\r\n", b""),
          (b">>> ", b"while not print('r' + 'uns'):\r"), (b"... ", b"  while 1: pass\r"), (b"... ", b"\r"), (b"runs\r\n", b"\x03"),
          (b"KeyboardInterrupt", b""), (b">>> ", b"input('q' + '? ')\r"), (b"q? ", b"ans\x7fswer\r"), (b"'answer'", b""),
          (b">>> ", b"half of a li"), (b"half of a li", b"\x03"), (b"KeyboardInterrupt", b""), (b">>> ", b"\x04")]
VI = [(b"~", b"ihello world\x1b"), (b"hello world", b"0xyyp:wq\r")]


def shell_keys(prompt, stopped):
    return [(text.replace(b"$ ", prompt).replace(b"STOPPED", stopped), keys) for text, keys in EDITED]


PROGRAMS = {        # of the host, with its files
    "python": (("/usr/bin/python3", "-q"), PYTHON),
    "zsh": (("/bin/zsh-static", "-f", "-i"), shell_keys(b"$ ", b"suspended")),
    "mksh": (("/bin/mksh-static", "-i"), shell_keys(b"# ", b"Stopped")),
    "vi": (("/bin/busybox", "sh", "-c", "/bin/busybox vi /tmp/execscope-vi && /bin/busybox cat /tmp/execscope-vi && rm /tmp/execscope-vi"), VI),
}


def guest(name, libc):
    return os.path.abspath(os.path.join(cases.Options.guests, name + "." + libc))


def emulated(profile, *arguments):
    return [cases.Options.execscope, "run", "--profile", profile, *arguments]


def compare(profile, arguments, steps):
    expected = terminal.play(arguments, steps)
    found = terminal.play(emulated(profile, *arguments), steps, untilTaken=True)
    cases.check(found == expected, "natively:", expected, "\nunder execscope:", found)


def program(name):
    """A line editor, a screen editor, an interpreter and two more shells: keys, Ctrl-C, Ctrl-Z as natively."""
    arguments, steps = PROGRAMS[name]
    if not os.path.exists(arguments[0]):
        raise cases.Skip(arguments[0] + " is not installed")
    environment = {**ENVIRONMENT, "PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    options = [word for variable, value in environment.items() for word in ("-E", variable + "=" + value)]
    expected = terminal.play(arguments, steps, environment)
    found = terminal.play([*emulated("v6.1", "--root", "/", *options), *arguments], steps, untilTaken=True)
    cases.check(found == expected, "natively:", expected, "\nunder execscope:", found)


ENVIRONMENT = {"PS1": "$ ", "TERM": "dumb", "HOME": "/", "HISTFILE": "/dev/null", "ENV": ""}
SHELLS = {"bash": ("/bin/bash-static", "--norc", "--noprofile", "-i"), "busybox": ("/bin/busybox", "sh", "-i")}


def comparable(played):
    """Without process numbers, and without what execscope lacks and bash does without."""
    screen, status = played
    screen = re.sub(rb"\[1\] \d+\r\n", b"[1] PID\r\n", screen)
    return re.sub(rb"execscope: not supported: syscall socket [^\n]*\n", b"", screen), status


def shell(profile, name):
    """An interactive shell: editing, Ctrl-C, Ctrl-Z, fg, a job that reads in the background."""
    for program in ("/bin/busybox", SHELLS[name][0]):
        if not os.path.exists(program):
            raise cases.Skip(program + " is not installed")
    options = ["--bind", "/bin/busybox:/bin/cat", "--bind", "/bin/busybox:/bin/sleep"]
    for variable, value in ENVIRONMENT.items():
        options += ["-E", variable + "=" + value]
    steps = [(text, typed.replace(b"BUSY", BUSY[name])) for text, typed in SHELL]
    expected = comparable(terminal.play(SHELLS[name], steps, ENVIRONMENT))
    found = comparable(terminal.play([*emulated(profile, *options), *SHELLS[name]], steps, untilTaken=True))
    cases.check(found == expected, "natively:", expected, "\nunder execscope:", found)


def sizes(profile, libc):
    def of(arguments):
        with terminal.Session(arguments) as session:
            for rows, columns in ((40, 100), (30, 20)):
                session.expect(b"size> ")
                session.resize(rows, columns)
            return session.end(), session.seen
    arguments = [guest("terminal_keys", libc), "size"]
    expected, found = of(arguments), of(emulated(profile, *arguments))
    cases.check(expected == found, "natively:", expected, "\nunder execscope:", found)


def interrupted(profile, libc):
    """Ctrl-C ends a program that never asks for a key; execscope says so and ends like it."""
    program = guest("terminal_keys", libc)
    screen, status = terminal.play(emulated(profile, program, "compute"), [(b"compute> ", b"\x03")])
    cases.check(status == 130, status, screen)
    cases.check(screen.endswith(b"was killed by SIGINT\r\n"), screen)


def givenBack(profile, libc):
    """However execscope ends, the terminal is what it was."""
    for end in (signal.SIGTERM, signal.SIGHUP, None):
        with terminal.Session(emulated(profile, guest("terminal_keys", libc), "size")) as session:
            session.expect(b"size> ")
            session.waitFor(session.isTaken)
            if end:
                os.kill(session.pid, end)
            else:
                session.resize(30, 20)
            cases.check(session.end() == (-end if end else 0), end, session.seen)
            cases.check(session.modes() == session.before, end, session.before, session.modes())


def keys(profile, libc):
    compare(profile, [guest("terminal_keys", libc)], KEYS)


def jobs(profile, libc):
    compare(profile, [guest("terminal_jobs", libc), *["later"][:profile == "v6.1"]], [])


def all_cases():
    found = {}
    for profile in PROFILES:
        for libc in ("gnu", "musl"):
            for name, case in (("keys", keys), ("jobs", jobs), ("sizes", sizes), ("interrupted", interrupted), ("given-back", givenBack)):
                found["terminal.%s.%s.%s" % (name, libc, profile)] = lambda case=case, profile=profile, libc=libc: case(profile, libc)
        for name in SHELLS:
            found["terminal.shell.%s.%s" % (name, profile)] = lambda profile=profile, name=name: shell(profile, name)
    for name in PROGRAMS:
        found["terminal.program." + name] = lambda name=name: program(name)
    return found


if __name__ == "__main__":
    sys.exit(cases.main(all_cases()))
