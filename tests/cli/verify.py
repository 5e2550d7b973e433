"""execscope verify: traces of many kinds of programs are complete, and what was cut or damaged is said."""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import cases
from cases import Options, Skip, check
from world import Tree, execscope, guest, hostEnvironment, needs

BUSYBOX = "/bin/busybox"
ALL = ("-e", "trace=all")


def verify(path, status=0):
    result = execscope("verify", path)
    check(result.status == status, "verify", path, result)
    return result.stdout.decode()


def traced(run, *options, profile="v3.10", folder=None):
    """Traces a program with these options and returns the file's path."""
    path = os.path.join(folder, "t.jsonl")
    result = execscope("trace", "-o", path, "--profile", profile, *options, *run)
    check(result.status != 125, "trace", run, result)
    return path


def complete(*programs, options=(*ALL, "--checkpoints"), profiles=("v3.10", "v6.1")):
    with tempfile.TemporaryDirectory() as folder:
        for program in programs:
            for profile in profiles:
                out = verify(traced(("--", *program), *options, profile=profile, folder=folder))
                check("Not verified" not in out and "objects" in out, program, profile, out)


def test_verify_small():
    complete((guest("hello.gnu"),), (guest("hello.musl"),))


def test_verify_programs():
    """Repeated string instructions that faults interrupt, a task that execs twice, bytes that move without being copied."""
    complete((guest("around.gnu"),), (guest("cow.gnu"),), options=ALL)
    complete((guest("exec_keeps.gnu"),), (guest("moving_bytes.gnu"),), options=ALL, profiles=("v6.1",))


def test_verify_shell():
    with Tree() as tree, tempfile.TemporaryDirectory() as folder:
        tree.copy(needs(BUSYBOX), "/bin/busybox")
        tree.file("/bin/script", b"#!/bin/busybox sh\necho $0\n", 0o755)
        for applet in ("sh", "ls", "wc", "sort", "cat"):
            os.symlink("busybox", tree.path + "/bin/" + applet)
        line = "echo a; ls / | wc -l; /bin/script; echo b >/tmp/f; cat /tmp/f; (kill $$; exit 3) & wait"
        run = ("--root", tree.path, "--", "/bin/busybox", "sh", "-c", line)
        for profile in ("v3.10", "v6.1"):
            verify(traced(run, *ALL, profile=profile, folder=folder))


def test_verify_categories():
    """What a trace does not record is not verified, and verify says so."""
    with tempfile.TemporaryDirectory() as folder:
        for categories, parts in (("all,!insn", "registers, memory"), ("mm", "tasks, registers, memory"), ("kernel,syscall", "areas")):
            out = verify(traced(("--", guest("hello.gnu")), "-e", "trace=" + categories, folder=folder))
            check("Not verified, because the trace does not record" in out and parts in out, out)


def test_verify_cut_and_damaged():
    with tempfile.TemporaryDirectory() as folder:
        path = traced(("--", guest("hello.gnu")), folder=folder)
        with open(path, "rb") as file:
            whole = file.read()
        lines = whole.splitlines(keepends=True)

        def changed(content, status, message):
            with open(path, "wb") as file:
                file.write(content)
            result = execscope("verify", path)
            check(result.status == status and message in (result.stdout + result.stderr).decode(), message, result)

        changed(b"".join(lines[:900]), 2, "cut: it has no footer")
        changed(b"".join(lines[:900]) + lines[900][:20], 2, "up to its last complete line")
        changed(b"".join(lines[:1]), 2, "1 events hold together")
        changed(b"".join(lines[:500] + [b"{}\n"] + lines[500:]), 125, "line 501: no 'kind'")
        changed(b"".join(lines[:500] + lines[501:]), 1, "line 501: 'seq' should be 500")
        changed(whole.replace(b'"hash":"0x', b'"hash":"0x1', 1), 1, "line ")
        changed(b"[" * 100000 + b"\n", 125, "line 1: more than 16 levels of nesting")
        changed(b"", 125, "holds no events")
        changed(lines[1], 125, "a trace begins with a header")
        with open(path, "wb") as file, open("/dev/full", "wb") as full:
            file.write(whole)
            file.flush()
            lost = subprocess.run([Options.execscope, "verify", path], stdout=full, stderr=subprocess.PIPE, check=False, env=hostEnvironment())
        check(lost.returncode == 125 and b"cannot write the verdict: No space left on device" in lost.stderr, lost)


def limited(kilobytes, *arguments, stdin=b""):
    return subprocess.run(["bash", "-c", 'ulimit -v "$0"; exec "$@"', str(kilobytes), Options.execscope, *arguments], input=stdin, capture_output=True,
                          check=False, env=hostEnvironment())


def test_hostile_traces_need_little_memory():
    """A header of many page frames costs nothing; what grows with the file ends with the line at which it is too much."""
    limit = 200_000         # so a third of it, 65 MiB, for the heap and again for pages
    if limited(limit, "--version").returncode != 0:
        raise Skip("a sanitizer needs address space")
    with tempfile.TemporaryDirectory() as folder:
        path = traced(("-e", "trace=all", "--", guest("hello_asm")), folder=folder)
        with open(path, "rb") as file:
            lines = re.sub(rb'"frames":\d+', b'"frames":%d' % (1 << 28), file.read(), count=1).splitlines(keepends=True)
    small = b"".join(lines[:-1])
    result = limited(limit, "verify", "-", stdin=small)
    check(result.returncode == 2 and b"memory" in result.stdout, result)
    event = b'{"kind":"%s","seq":%d,"insn":0,"pid":0,%s}\n'
    spread = b"".join(event % (b"page_fill", i, b'"pfn":"0x%x","source":"zero"' % (i * 512)) for i in range(1, 8001))
    result = limited(limit, "verify", "-", stdin=lines[0] + spread)
    check(result.returncode == 2 and b"8001 events hold together" in result.stdout, result)
    fills = b"".join(event % (b"page_fill", i, b'"pfn":"0x%x","source":"zero"' % i) for i in range(1, 40_000))
    objects = b"".join(event % (b"object_new", i, b'"object":"file#%d","type":"file"' % i) for i in range(1, 800_000))
    for command, stdin in (("verify", fills), ("export --format strace", fills), ("verify", objects)):
        result = limited(limit, *command.split(), "-", stdin=lines[0] + stdin)
        said = re.fullmatch(rb"execscope: standard input, line (\d+): what the events have made so far needs more than 65 MiB, .*\n", result.stderr)
        check(result.returncode == 125 and said and 10_000 < int(said[1]) < stdin.count(b"\n"), command, result.stderr)
    for command in ("tree", "export --format csv"):
        result = limited(limit, *command.split(), "-", stdin=lines[0] + objects)
        check(result.returncode == 0 and b"was cut" in result.stderr, command, result.stderr)


def test_trace_verify_determinism():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "t.jsonl")
        result = execscope("trace", "--verify-determinism", "--log", "info", "-o", path, "--", guest("hello.gnu"))
        check((result.stdout, result.status) == (b"hello\n", 3) and b"both runs gave the same trace" in result.stderr, result)
        verify(path)
        with Tree() as tree:
            os.mkdir(tree.path + "/out")
            tree.copy(needs(BUSYBOX), "/bin/busybox")
            run = ("--root", tree.path, "--bind", tree.path + "/out:/out:rw", "--", "/bin/busybox", "sh", "-c", "ls /out; echo a >/out/f")
            result = execscope("trace", "--verify-determinism", "-o", path, *run)
            check(result.status == 125 and b"differs from line" in result.stderr, result)


if __name__ == "__main__":
    cases.run(__name__)
