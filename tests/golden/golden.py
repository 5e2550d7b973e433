"""Traces are byte-identical from run to run and from compiler to compiler, follow their schema and hold together."""
import collections
import hashlib
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import cases
from cases import Options, Skip, check
from traces import events_of
from world import Tree, execscope, guest, needs

BUSYBOX = "/bin/busybox"
SHELL_LINE = "echo a; ls / | wc -l"
VALIDATE = os.path.join(HERE, "..", "schema", "validate.py")


class Traces:
    """Traces of one program, made in one tree, so that the host's paths are the same."""

    def __init__(self, kind):
        self.kind = kind

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.tree = Tree()
        if self.kind == "shell":
            self.tree.copy(needs(BUSYBOX), "/bin/busybox")
            for applet in ("sh", "ls", "wc"):
                os.symlink("busybox", self.tree.path + "/bin/" + applet)
            self.run = ["--root", self.tree.path, "--", "/bin/busybox", "sh", "-c", SHELL_LINE]
            self.expected = (b"a\n4\n", 0)
        elif self.kind == "hello":
            self.run = ["--", guest("hello.gnu")]
            self.expected = (b"hello\n", 3)
        else:
            self.run = ["--", guest(self.kind)]
            self.expected = None
        return self

    def __exit__(self, *_):
        self.folder.cleanup()
        self.tree.__exit__()

    def trace(self, name, program=None, options=("--steps", "500")):
        path = os.path.join(self.folder.name, name + ".jsonl")
        result = execscope("trace", "-o", path, *options, *self.run, program=program)
        if self.expected:
            check((result.stdout, result.status) == self.expected, "the traced program did something else:", result)
        return path


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else \
            hashlib.sha256(file.read()).hexdigest()


def same(first, second):
    if sha256(first) == sha256(second):
        return
    with open(first, errors="replace") as a, open(second, errors="replace") as b:
        for number, (left, right) in enumerate(zip(a, b), 1):
            check(left == right, "line", number, "differs:\n", left[:600], "\n", right[:600])
    check(False, "one trace is longer:", os.path.getsize(first), os.path.getsize(second), "bytes")


def twoRuns(kind):
    with Traces(kind) as traces:
        same(traces.trace("first"), traces.trace("second"))


def otherBuild(kind, program, preset):
    if not program:
        raise Skip("no build of the preset " + preset + "; tests/run.sh makes one")
    with Traces(kind) as traces:
        same(traces.trace("this"), traces.trace("other", program))


def instructions(kind, program=None):
    """With every instruction, too: the events of the CPU are as reproducible as those of the kernel."""
    with Traces(kind) as traces:
        options = ("-e", "trace=all")
        same(traces.trace("first", options=options), traces.trace("second", program or None, options))


def otherDirectory():
    """Neither the host's path of the tree, nor access times, nor the host's environment reaches the trace."""
    with Traces("shell") as here, Traces("shell") as there:
        for traces, accessed in ((here, 1), (there, 2)):
            for folder, _, files in os.walk(traces.tree.path, topdown=False):
                for name in [*files, "."]:
                    os.utime(os.path.join(folder, name), (accessed, 1000000000), follow_symlinks=False)
        first = here.trace("first")
        os.environ["EXECSCOPE_TEST_NOISE"] = "x" * 5000
        same(first, there.trace("second"))


def validate(*paths):
    done = subprocess.run([sys.executable, "-B", VALIDATE, *paths], capture_output=True, text=True)
    check(done.returncode == 0, "the schema refuses it:", done.stdout[-3000:], done.stderr[-3000:])


def schemaFull():
    with Traces("hello") as traces:
        validate("--full", traces.trace("full"))


SHAPE_SOURCES = ("shell", "signals.gnu", "wait_status.musl", "memory.gnu", "zombies.gnu", "vfork.musl", "exec_self.gnu", "files.musl",
                 "missing_call_asm", "missing_instruction_asm", "groups.musl", "pipes.gnu", "stdin.gnu")


def schemaShapes():
    """Every distinct event shape of these runs is valid, and together they hold most kinds of events."""
    kinds = set()
    for kind in SHAPE_SOURCES:
        with Traces(kind) as traces:
            path = traces.trace("t")
            validate(path)
            kinds |= {event["kind"] for event in events_of(path)}
    check(len(kinds) >= 20, "too few kinds of events:", sorted(kinds))


def holdsTogether(kind):
    """Sequence numbers without gaps, calls nested per task, a clock that never runs back, a footer that counts right."""
    with Traces(kind) as traces:
        open_calls, counts, clock = collections.defaultdict(list), collections.Counter(), 0
        for number, event in enumerate(events_of(traces.trace("t"))):
            here = "line %d: %s" % (number + 1, str(event)[:300])
            check(event["seq"] == number, "sequence:", here)
            check(event["insn"] >= clock, "the clock ran back:", here)
            clock = event["insn"]
            switched = event.get("function") == "__switch_to"      # called by one task, returns in the next one
            stack = open_calls["switch" if switched else event["pid"]]
            if event["kind"] == "call":
                stack.append(event["function"])
            elif event["kind"] == "return":
                check(stack and stack.pop() == event["function"], "return without its call:", here)
            elif event["kind"] == "footer":
                check(event["events"] == dict(counts), "footer counts:", here, dict(counts))
            counts[event["kind"]] += 1
        check(event["kind"] == "footer", "no footer")


def documentedHash():
    """The footer's hash is what docs/trace-format.md says: head -n -1 TRACE | xxhsum -H64."""
    with Traces("hello") as traces:
        path = traces.trace("t")
        done = subprocess.run("head -n -1 '%s' | xxhsum -H64" % path, shell=True, capture_output=True, text=True)
        footer = list(events_of(path, "footer"))[-1]
        check(int(done.stdout.split()[0], 16) == int(footer["hash"], 16), done.stdout, footer)


def all_cases():
    found = {}
    for kind in ("hello", "shell"):
        found[kind + ".two-runs"] = lambda kind=kind: twoRuns(kind)
        found[kind + ".gcc-clang"] = lambda kind=kind: otherBuild(kind, Options.clang, "clang")
        found[kind + ".sanitizers"] = lambda kind=kind: otherBuild(kind, Options.dev, "dev")
        found[kind + ".instructions"] = lambda kind=kind: instructions(kind, Options.clang)
    for kind in ("signals.gnu", "zombies.musl", "groups.gnu", "time.gnu"):
        found[kind + ".two-runs"] = lambda kind=kind: twoRuns(kind)
    for kind in ("hello", "shell", "wait_status.gnu", "exec_self.gnu"):
        found[kind + ".holds-together"] = lambda kind=kind: holdsTogether(kind)
    found["shell.other-times"] = otherDirectory
    found["hello.documented-hash"] = documentedHash
    found["schema.full"] = schemaFull
    found["schema.shapes"] = schemaShapes
    return found


if __name__ == "__main__":
    sys.exit(cases.main(all_cases()))
