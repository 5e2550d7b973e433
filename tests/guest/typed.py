"""What was typed at a terminal, and what its streams failed with, replayed where there is none: the same trace to the byte."""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import terminal
import terminals
from cases import Options, check

SHELL = ("/bin/busybox", "sh", "-c")
KINDS = ("-e", "trace=all,!insn")
# Keys before anybody takes them: lines and half of one, which the host's terminal shows.
AHEAD = (*SHELL, "i=0; echo begun; while [ $i -lt 3000 ]; do i=$((i+1)); done; read a; read b; echo \"<$a> <$b>\"")


def execscope(*arguments, **more):
    return subprocess.run([Options.execscope, *arguments], **{"stdin": subprocess.DEVNULL, "capture_output": True, "check": False, **more})


def same(one, other):
    with open(one, "rb") as a, open(other, "rb") as b:
        for number, (left, right) in enumerate(zip(a, b), 1):
            check(left == right, "line", number, left, right)
        check(not a.read() and not b.read(), "one is longer")


def inputs(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.startswith('{"kind":"input"')]


def again(make, *binds, screen=True):
    """make(the command that records to a file) gives the exit status and what came on the screen. The replay's trace is that of the run,
    its output what the run put on the screen. What was recorded of the input."""
    with tempfile.TemporaryDirectory() as folder:
        path, other = folder + "/typed.jsonl", folder + "/again.jsonl"
        status, shown = make([Options.execscope, "trace", *KINDS, "-o", path, *binds])
        played = execscope("trace", "--replay", path, *KINDS, "-o", other, *binds, capture_output=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        check(played.returncode == status, played, status, shown)
        same(path, other)
        check(not screen or played.stdout == shown.replace(b"\r\n", b"\n"), "shown", played.stdout, "then", shown)
        verified = execscope("verify", other)
        check(verified.returncode == 0, verified)
        return inputs(path)


def typed(arguments, drive, *binds, screen=True, environment=()):
    def make(command):
        words = [word for variable, value in environment for word in ("-E", variable + "=" + value)]
        with terminal.Session([*command, *words, "--", *arguments]) as session:
            drive(session)
            return session.end(), session.seen
    return again(make, *binds, screen=screen)


def typing(steps):
    def drive(session):
        for number, (text, keys) in enumerate(steps):
            session.expect(text)
            if number == 0:
                session.waitFor(session.isTaken)
            session.type(keys)
    return drive


def keys(libc):
    found = typed([terminals.guest("terminal_keys", libc)], typing(terminals.KEYS))
    check(any(one.get("waited") for one in found) and all(one["source"] == "terminal" for one in found), found)


def ahead():
    def drive(session):
        session.expect(b"begun")
        session.type(b"one\rtw")
        session.waitFor(session.isTaken)
        session.type(b"o\r")
    found = typed(AHEAD, drive, screen=False)
    check([(one["ahead"], bytes.fromhex(one["bytes"])) for one in found[:2]] == [("line", b"one\n"), ("unfinished", b"tw")], found)


def sizes():
    def drive(session):
        for rows, columns in ((40, 100), (30, 20)):
            session.expect(b"size> ")
            session.resize(rows, columns)
    found = typed([terminals.guest("terminal_keys", "gnu"), "size"], drive)
    check([(one.get("signal"), one.get("rows"), one.get("columns")) for one in found] == [("SIGWINCH", 40, 100), ("SIGWINCH", 30, 20)], found)


def interrupted():
    """Ctrl-C for a program that never reads: the host's terminal shows and sends it."""
    def drive(session):
        session.expect(b"compute> ")
        session.type(b"\x03")
    found = typed([terminals.guest("terminal_keys", "gnu"), "compute"], drive, screen=False)
    check([one.get("signal") for one in found] == ["SIGINT"], found)


def hungUp():
    """The terminal goes while the program waits for a key."""
    def make(command):
        quoted = ["/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh", *command, "--", *SHELL, "echo ready; read a; echo $?"]
        with terminal.Session(quoted) as session:
            session.expect(b"ready")
            session.waitFor(session.isTaken)
            os.close(session.fd)
            session.fd = os.open("/dev/null", os.O_RDWR)
            _, status = os.waitpid(session.pid, 0)
            session.status = status
            return os.waitstatus_to_exitcode(status), b""
    found = again(make, screen=False)
    check(found[-1].get("error") == "EIO", found)


def shell():
    steps = [(text, strokes.replace(b"BUSY", terminals.BUSY["bash"])) for text, strokes in terminals.SHELL]
    binds = [word for name in ("cat", "sleep") for word in ("--bind", "/bin/busybox:/bin/" + name)]
    typed(terminals.SHELLS["bash"], typing(steps), *binds, environment=terminals.ENVIRONMENT.items())


def program(name):
    arguments, steps = terminals.PROGRAMS[name]
    if not os.path.exists(arguments[0]):
        raise cases.Skip(arguments[0] + " is not installed")
    environment = {**terminals.ENVIRONMENT, "PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    binds = [word for bind in ("/usr", "/usr/lib:/lib", "/usr/lib64:/lib64") for word in ("--bind", bind)]     # no /tmp, which other tests change
    typed(arguments, typing(steps), *binds, environment=environment.items())


def streams():
    """Streams that fail: a reader that is gone, no standard input, a directory; and a pipe's read that the terminal interrupts."""
    def closed(arguments, how):
        def make(command):
            made = subprocess.run(["/bin/bash", "-c", how, "bash", *command, "--", *SHELL, arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            return made.returncode, made.stdout
        return again(make, screen=False)
    found = closed("while echo line; do :; done", '"$@" 2>/dev/null | { read a; }; exit ${PIPESTATUS[0]}')
    check(found[-1]["source"] == "stdout" and (found[-1]["error"], found[-1]["left"]) == ("EPIPE", 5), found)
    for how, error in (('"$@" <&-', "EBADF"), ('"$@" </', "EISDIR")):
        found = closed("read a; echo $?", how)
        check([(one["source"], one.get("error")) for one in found] == [("stdin", error)], how, found)

    def make(command):
        quoted = ["/bin/bash", "-c", "exec \"$@\" < <(sleep 60 </dev/null 2>/dev/null)", "bash", *command, "--", *SHELL, "trap 'echo caught; exit 5' INT; echo ready; read a"]
        with terminal.Session(quoted) as session:
            session.expect(b"ready")
            session.type(b"\x03")
            return session.end(), session.seen
    found = again(make, screen=False)
    check([(one["source"], one.get("error"), one.get("signal")) for one in found] == [("stdin", "EINTR", None), ("terminal", None, "SIGINT")], found)


def twice():
    """--verify-determinism at a terminal: the second run has the keys of the first."""
    with tempfile.TemporaryDirectory() as folder:
        command = [Options.execscope, "trace", *KINDS, "--verify-determinism", "--log", "info", "-o", folder + "/t.jsonl", "--", *SHELL, "read a; echo \"<$a>\""]
        with terminal.Session(command) as session:
            session.waitFor(session.isTaken)
            session.type(b"keys\r")
            check(session.end() == 0 and b"<keys>" in session.seen and b"both runs gave the same trace" in session.seen, session.seen)


def changed():
    """A trace that was changed by hand: the run ends where it differs, with the line."""
    with tempfile.TemporaryDirectory() as folder:
        path, other = folder + "/typed.jsonl", folder + "/again.jsonl"
        command = [Options.execscope, "trace", "-e", "trace=input", "-o", path, "--", *SHELL, "read a; echo \"<$a>\"; read b"]
        with terminal.Session(command) as session:
            session.waitFor(session.isTaken)
            session.type(b"keys\r")
            session.expect(b"<keys>")
            session.resize(30, 90)
            session.type(b"more\r")
            check(session.end() == 0, session.seen)
        with open(path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        size = next(number for number, line in enumerate(lines) if "rows" in line)

        def differs(change, *words):
            events = json.loads(json.dumps(lines))
            change(events)
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(json.dumps(event, separators=(",", ":")) + "\n" for event in events)
            played = execscope("trace", "--replay", path, "-o", other)
            check(played.returncode == 125 and all(word in played.stderr for word in words), words, played)
        differs(lambda events: events.pop(size - 1), b"line %d" % size)
        differs(lambda events: events[size].update(look=10**6), b"waits for what is typed", b"line %d" % (size + 1))
        differs(lambda events: events[size].update(insn=7), b"line %d" % (size + 1), b"at instruction 7")
        differs(lambda events: events[size].update(signal="SIGKILL"), b"SIGKILL", b"none of a terminal's signals")
        differs(lambda events: events[size].update(rows=70000), b"so large")
        differs(lambda events: events[size - 1].update(bytes="61" * 5000), b"more of it")
        differs(lambda events: events[size].update(waited=2**62), b"longer than it could")
        differs(lambda events: events[size - 1].update(bytes="6x"), b"no bytes")
        differs(lambda events: events.pop(max(n for n, event in enumerate(events) if event["kind"] == "input")), b"waits for what is typed", b"nothing more was recorded")
        for wrong in (7, {}, {"streams": [], "rows": 1, "columns": 1}, {"streams": [3], "rows": 1, "columns": 1}, {"streams": [0], "rows": -1, "columns": 1}):
            differs(lambda events, wrong=wrong: events[0]["options"].update(terminal=wrong), b"'terminal' of its header")
        differs(lambda events: events[0]["options"].pop("terminal"), b"line 2 recorded input of terminal")


def all_cases():
    found = {"keys.gnu": lambda: keys("gnu"), "keys.musl": lambda: keys("musl"), "ahead": ahead, "sizes": sizes, "interrupted": interrupted, "hung-up": hungUp,
             "shell": shell, "zsh": lambda: program("zsh"), "python": lambda: program("python"), "streams": streams, "twice": twice, "changed": changed}
    return {"typed." + name: case for name, case in found.items()}


if __name__ == "__main__":
    sys.exit(cases.main(all_cases()))
