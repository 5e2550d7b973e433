"""run --report: how programs end, as JSON that fits its schema; the limits that stop a guest."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import jsonschema

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import cases
from cases import check
from world import command, execscope, isolation, needs

SCHEMA = json.loads((pathlib.Path(HERE).parents[1] / "traces/schema/report.schema.json").read_text(encoding="utf-8"))


def guest(name):
    return os.path.abspath(os.path.join(cases.Options.guests, name))


def reported(*arguments, stdin=b""):
    """(result of the run, its report), which fits the schema and agrees with the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report.json")
        result = execscope("run", "--report", path, *arguments, stdin=stdin)
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
    errors = list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(report))
    check(not errors, [f"{e.json_path}: {e.message}" for e in errors])
    check(report["end"]["status"] == result.status, report["end"], result)
    said = report["end"]["message"]
    check(said is None or ("execscope: " + said).encode() in result.stderr, said, result)
    return result, report


def ended(*arguments, reason, **more):
    """The report of a run that ended so; `more` are members of its `end`."""
    _, report = reported(*arguments)
    end = report["end"]
    check(end["reason"] == reason, end)
    for name, value in more.items():
        check(end[name] == value, name, end)
    return report


def functions(report):
    return [frame["symbol"] for frame in report["tasks"][0]["backtrace"]]


def test_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    _, good = reported("--", guest("hello.gnu"))
    for break_it in (lambda r: r.pop("end"), lambda r: r["end"].update(reason="bored"), lambda r: r["counts"].update(extra=1),
                     lambda r: r["end"].update(exit_code=None), lambda r: r.update(seed="0"), lambda r: r["end"].update(reason="signal")):
        bad = json.loads(json.dumps(good))
        break_it(bad)
        check(list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(bad)), "the schema takes", bad)


def test_exit():
    report = ended("--", guest("hello.gnu"), reason="exit", exit_code=3, signal=None, limit=None, errno=None, message=None)
    check(report["argv"] == [guest("hello.gnu")] and report["unsupported"] == [] and report["killed"] == [], report)
    check(report["tasks"][0]["syscall"] == "exit_group" and functions(report)[-1] == "_start" and "main" not in functions(report)[:1], report)
    check(report["counts"]["instructions"] > 100 and report["counts"]["syscalls"] > 3, report["counts"])


def test_signals():
    for how, number, code in (("null", 11, "SEGV_MAPERR"), ("data", 11, "SEGV_ACCERR"), ("jump", 11, "SEGV_MAPERR"), ("ud2", 4, "ILL_ILLOPN"),
                              ("divide", 8, "FPE_INTDIV"), ("trap", 5, "SI_KERNEL"), ("abort", 6, "SI_TKILL"), ("kill", 9, "SI_USER")):
        for libc in ("gnu", "musl"):
            report = ended("--", guest("crash." + libc), how, reason="signal", exit_code=None)
            signal = report["end"]["signal"]
            check((signal["number"], signal["code_name"]) == (number, code), how, signal)
            if how in ("null", "jump"):
                check(signal["address"] == ("0x0" if how == "null" else "0x1000"), signal)
            if how in ("abort", "kill"):
                check(signal["address"] is None and signal["sender_pid"] == 3, signal)
            if how not in ("abort", "kill") or libc == "gnu":
                check("main" in functions(report), how, libc, functions(report))


def test_signal_of_v3_10():
    report = ended("--profile", "v3.10", "--", guest("crash.gnu"), "null", reason="signal")
    check(report["profile"] == "v3.10" and report["end"]["signal"]["code_name"] == "SEGV_MAPERR" and "main" in functions(report), report)


def test_core_dumped():
    with tempfile.TemporaryDirectory() as folder:
        script = "ulimit -c unlimited; exec /bin/busybox sh -c 'kill -ABRT $$'"
        _, report = reported("--bind", folder + ":/out:rw", "--chdir", "/out", "--", needs("/bin/busybox"), "sh", "-c", script)
    check(report["end"]["signal"]["name"] == "SIGABRT" and report["end"]["signal"]["core_dumped"] is True, report["end"])


SOURCE = r"""
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
__attribute__((noinline)) int inner(volatile int *p) { return *p + 1; }
__attribute__((noinline)) int middle(volatile int *p, int n) { return n ? middle(p, n - 1) + 1 : inner(p) + 1; }
static int compare(const void *a, const void *b) { return middle((volatile int *)8, 1) + *(const int *)a - *(const int *)b; }
static void handler(int s) { (void)s; abort(); }
int main(int argc, char **argv) {
    int pair[2] = {2, 1};
    if (argc > 2) signal(SIGSEGV, handler);
    if (argc > 3) ((void (*)(void))0)();
    qsort(pair, 2, sizeof pair[0], compare);
    return printf("%s\n", argv[0]);
}
"""


class Built:
    """SOURCE, dynamically linked unless the flags say otherwise, in a folder of its own."""

    def __init__(self, *flags):
        self.flags = flags

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        source, self.path = os.path.join(self.folder.name, "deep.c"), os.path.join(self.folder.name, "deep")
        with open(source, "w", encoding="utf-8") as file:
            file.write(SOURCE)
        subprocess.run(["gcc", "-O2", "-fno-optimize-sibling-calls", "-w", *self.flags, "-o", self.path, source], check=True)
        return self

    def __exit__(self, *_):
        self.folder.cleanup()


def test_backtrace_through_libraries():
    """The same frames as gdb, where there is one: through the C library and a signal frame."""
    with Built() as deep:
        for more in ((), ("x", "y"), ("x", "y", "z")):
            report = ended("--root", "/", "--", deep.path, *more, reason="signal")
            names = [name for name in functions(report) if name]
            if len(more) < 3:
                order = [name for name in names if name in ("inner", "middle", "compare", "main", "_start", "abort", "handler")]
                check([n for n in order if n not in ("abort", "handler")][-2:] == ["main", "_start"] and "compare" in order, names)
                check(("handler" in order) == bool(more), names)
            if not more:
                frames = report["tasks"][0]["backtrace"]
                check(frames[0]["found_by"] == "registers" and {f["found_by"] for f in frames[1:]} == {"eh_frame"}, frames)
                modules = {os.path.basename(f["module"]) for f in frames}
                check(modules == {"deep", "libc.so.6"}, modules)
                compareWithAddr2line(deep.path, frames)


def test_stripped_programs():
    """Without symbols the frames are the same, and still found by .eh_frame."""
    for flags in ((), ("-static",)):
        with Built(*flags) as deep:
            frames = ended("--root", "/", "--", deep.path, reason="signal")["tasks"][0]["backtrace"]
            subprocess.run(["strip", deep.path], check=True)
            bare = ended("--root", "/", "--", deep.path, reason="signal")["tasks"][0]["backtrace"]
        places = [[(f["module"], f["module_offset"], f["found_by"]) for f in trace] for trace in (frames, bare)]
        check(places[0] == places[1] and len(bare) >= 6, flags, *places)
        check(not any(f["symbol"] for f in bare if f["module"] == deep.path), flags, bare)


def compareWithAddr2line(path, frames):
    own = [frame for frame in frames if frame["module"] == path and frame["symbol"]]
    last = frames[0]["address"]
    asked = [hex(int(f["module_offset"], 16) - (f["address"] != last)) for f in own]
    found = subprocess.run(["addr2line", "-f", "-e", path, *asked], capture_output=True, text=True, check=True).stdout.splitlines()[::2]
    check(found == [frame["symbol"] for frame in own], found, own)


def test_call_to_nowhere():
    report = ended("--", guest("crash.gnu"), "jump", reason="signal")
    frames = report["tasks"][0]["backtrace"]
    check(frames[0]["module"] is None and frames[1]["found_by"] == "top_of_stack" and frames[1]["symbol"] == "main", frames)


def test_endless_recursion():
    report = ended("--", guest("crash.gnu"), "stack", reason="signal")
    task = report["tasks"][0]
    check(task["backtrace_cut"] and len(task["backtrace"]) == 100 and set(functions(report)) == {"overflow"}, functions(report))


def test_other_processes():
    script = "/bin/busybox sh -c 'kill -SEGV $$'; /bin/busybox sh -c 'kill -TERM $$'; exit 7"
    report = ended("--", needs("/bin/busybox"), "sh", "-c", script, reason="exit", exit_code=7)
    check([k["signal"]["name"] for k in report["killed"]] == ["SIGSEGV", "SIGTERM"], report["killed"])


def test_unsupported():
    report = ended("--", guest("missing_instruction_asm"), reason="unsupported")
    check(report["end"]["signal"]["name"] == "SIGILL" and report["unsupported"][0]["what"] == "instruction", report)
    report = ended("--", guest("missing_call_asm"), reason="exit", exit_code=38)
    record = report["unsupported"][0]
    check((record["what"], record["name"], record["consequence"]) == ("syscall", "add_key", "ENOSYS"), record)


def test_limit():
    report = ended("--max-instructions", "1000", "--", guest("hello.gnu"), reason="limit", limit={"option": "--max-instructions", "value": "1000"})
    check(len(report["tasks"]) >= 1 and report["counts"]["instructions"] == 1000, report)


def test_failing_exec():
    ended("--", "/no/such/program", reason="exec_failed", errno="ENOENT")
    with tempfile.NamedTemporaryFile() as file:
        os.chmod(file.name, 0o755)
        ended("--", file.name, reason="exec_failed", errno="ENOEXEC")


def test_not_started():
    report = ended("--root", "/no/such/root", "--", "/x", reason="not_started")
    check(report["tasks"] == [], report)


def test_deadlock():
    report = ended("--", needs("/bin/busybox"), "sh", "-c", "/bin/busybox mkfifo /tmp/f; read x < /tmp/f", reason="panic")
    check("all tasks sleep: pid 1 (init) in wait4, pid 3 (busybox) in open" in report["end"]["message"] and report["tasks"][0]["state"] == "sleeping", report["end"], report["tasks"])


def test_out_of_memory():
    script = "x=0123456789abcdef; while :; do x=$x$x$x$x; done"
    report = ended("--memory", "64", "--", needs("/bin/busybox"), "ash", "-c", script, reason="out_of_memory")
    check(report["end"]["signal"]["name"] == "SIGKILL" and report["tasks"][0]["backtrace"], report["end"])


def test_unwritable():
    result = execscope("run", "--report", "/no/such/folder/r.json", "--", guest("hello.gnu"))
    check(result.status == 125 and result.stdout == b"" and b"/no/such/folder/r.json" in result.stderr, result)
    result = execscope("run", "--report", "-", "--", guest("hello.gnu"))
    check(result.status == 125 and result.stdout == b"" and b"name a file" in result.stderr, result)
    if os.path.exists("/dev/full"):
        result = execscope("run", "--report", "/dev/full", "--", guest("hello.gnu"))
        check(result.status == 125 and b"No space left" in result.stderr, result)


def test_names_that_are_no_text():
    _, report = reported("--", needs("/bin/busybox"), "sh", "-c", "kill -ABRT $$", b"\xff\xfe".decode(errors="surrogateescape"))
    check(report["end"]["reason"] == "signal", report["end"])


# ---- Limits: nothing holds the emulator for long, or takes what it was not given.

def stopped(seconds, *arguments, stdin=None, may_be_killed=False):
    """A run that --timeout stops; stdin stays open. may_be_killed: the guest may run out of memory before."""
    begin = time.monotonic()
    process = subprocess.Popen([cases.Options.execscope, "run", "--timeout", str(seconds), *arguments], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if stdin:
        process.stdin.write(stdin)
        process.stdin.flush()
    status = process.wait(timeout=60)
    took = time.monotonic() - begin
    words = process.stderr.read()
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()
    if may_be_killed and status == 137:
        return
    check(status == 124 and words.count(b"\n") == 1 and b"--timeout" in words, status, words)
    check(seconds <= took < seconds + 8, "took", took)


def shell(script):
    return ("--", needs("/bin/busybox"), "sh", "-c", script)


def test_timeout_of_a_loop():
    stopped(0.3, *shell("while :; do :; done"))


def test_timeout_of_sleepers():
    stopped(0.3, *shell("while :; do /bin/busybox sleep 1000000; done"))


def test_timeout_of_a_reader():
    stopped(0.3, *shell("read a; echo $a; read b"), stdin=b"one\n")


def test_timeout_of_a_writer():
    """Nobody reads what it writes."""
    stopped(0.3, "--", needs("/bin/busybox"), "yes")


def test_timeout_of_many():
    stopped(0.5, "--memory", "64", *shell("f() { f | f & echo $$ > /tmp/$$; f; }; f 2>/dev/null"), may_be_killed=True)


def test_timeout_leaves_a_quick_program_alone():
    result = execscope("run", "--timeout", "30", "--", guest("hello.gnu"))
    check((result.status, result.stdout, result.stderr) == (3, b"hello\n", b""), result)


def test_timeout_is_reported():
    _, report = reported("--timeout", "0.3", *shell("/bin/busybox sh -c 'while :; do :; done' & wait"))
    check(report["end"]["limit"] == {"option": "--timeout", "value": "0.3"} and len(report["tasks"]) == 2, report["end"], report["tasks"])


def test_timeout_does_not_reach_the_trace():
    def events(*more):
        with tempfile.TemporaryDirectory() as folder:
            execscope("trace", *more, "-o", folder + "/t.jsonl", "--", guest("hello_asm"))
            with open(folder + "/t.jsonl", "rb") as file:
                return file.read()
    check(events() == events("--timeout", "60"), "the traces differ")


def test_wrong_timeouts():
    for wrong in ("0", "-1", "soon", "1e99", "nan", ""):
        result = execscope("run", "--timeout", wrong, "--", guest("hello.gnu"))
        check(result.status == 125 and result.stdout == b"", wrong, result)

# ---- Memory and disk.

def peakMiB(*arguments, seconds=60):
    """(result, most memory that execscope itself had, in MiB) of a run."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "peak")
        watch = "import resource, subprocess, sys; s = subprocess.run(sys.argv[2:]).returncode; " \
                "open(sys.argv[1], 'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)); sys.exit(s)"
        result = command([sys.executable, "-c", watch, path, cases.Options.execscope, "run", "--timeout", str(seconds), *arguments])
        with open(path, encoding="ascii") as file:
            return result, int(file.read()) // 1024


def test_disk():
    script = """
        cd /tmp; busybox dd if=/dev/zero of=a bs=65536 count=100 2>&1 | busybox head -n 2 | busybox tail -n 1
        busybox dd if=/dev/zero of=b bs=65536 2>/dev/null; echo full: $?
        busybox stat -f -c '%b %f' /tmp
        echo more > c; busybox wc -c < c
        busybox rm b; echo more > c && busybox cat c
        busybox dd if=/dev/zero of=d bs=1 count=1 seek=100000000000 2>/dev/null && busybox stat -c '%s %b' d
        busybox fallocate -l 20000000 e; echo $?
    """.replace("busybox", "/bin/busybox")
    expected = b"100+0 records out\nfull: 1\n2048 0\n0\nmore\n100000000001 8\n1\n"
    for root in ((), ("--root", "/")):
        result = execscope("run", "--disk", "8", *root, *shell(script))
        check(result.stdout == expected, root, result)
    if isolation():
        mounted = "mount -t tmpfs -o size=8m none /tmp; " + script
        result = command([*isolation(), "/bin/busybox", "sh", "-c", mounted])
        check(result.stdout == expected, "a tmpfs of the host", result)


def test_disk_takes_names():
    script = "cd /tmp; i=0; while echo > $i; do i=$((i+1)); done 2>/dev/null; echo $i; rm 0; ln 1 0 && ln 1 x; echo $?; mkdir d; echo $?"
    result = execscope("run", "--disk", "1", *shell(script.replace("; rm", "; /bin/busybox rm").replace("ln ", "/bin/busybox ln ")
                                                    .replace("mkdir", "/bin/busybox mkdir")))
    # 256 names, as many as a MiB has pages; the empty line in each needs a page as well.
    check(result.stdout.split() == [b"256", b"1", b"1"], result)


def test_disk_bounds_a_writable_bind():
    with tempfile.TemporaryDirectory() as shared:
        script = "cd /out; echo kept > k; /bin/busybox dd if=/dev/zero of=big bs=65536 2>/dev/null; echo $?; echo again > k; " \
                 "/bin/busybox cat k; i=0; while echo > n$i; do i=$((i+1)); done 2>/dev/null; /bin/busybox rm big; echo x > y && /bin/busybox cat y"
        result = execscope("run", "--disk", "4", "--bind", shared + ":/out:rw", *shell(script))
        used = sum(os.stat(os.path.join(shared, name)).st_blocks * 512 for name in os.listdir(shared))
        check(result.stdout.split()[0] == b"1" and result.stdout.endswith(b"x\n"), result)
        check(used <= 4 << 20, used)
        script = "cd /out; fill() { /bin/busybox dd if=/dev/zero of=/proc/self/fd/3 bs=65536 count=40 2>/dev/null && echo room || echo full; }; " \
                 "exec 3<>a; /bin/busybox rm a; fill; exec 4>&3 3<>b; fill; exec 4>&- 3<>b; fill"
        result = execscope("run", "--disk", "4", "--bind", shared + ":/out:rw", *shell("/bin/busybox rm -f /out/*; " + script))
        check(result.stdout == b"room\nfull\nroom\n", "a file without a name takes room until it is closed:", result)


def test_memory_is_bounded():
    """Whatever the guest fills, execscope needs no more than --memory, --disk and some hundred MiB of its own."""
    fill = "cd /tmp; i=0; while /bin/busybox dd if=/dev/zero of=f$i bs=65536 count=512 2>/dev/null; do i=$((i+1)); done; echo full"
    names = "cd /tmp; i=0; while echo -n > file-with-a-long-name-$i; do i=$((i+1)); [ $i -lt 100000 ] || exit 7; done 2>/dev/null; echo full"
    for memory, script, said in (("128", fill, b"full\n"), ("128", names, b"full\n"), ("24", "x=0123456789; while :; do x=$x$x; done", b"")):
        result, peak = peakMiB("--memory", memory, "--disk", "64", *shell(script))
        check(result.stdout == said and result.status in (0, 137), script, result)
        check(peak < 450, script, peak)
    result, peak = peakMiB("--memory", "128", "--", guest("memory.gnu"))
    check(peak < 450, peak)


def test_tables_of_any_size():
    """A program whose file claims tables of terabytes, and is as long: a report reads no more than it can hold."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "claims")
        program = bytearray(pathlib.Path(guest("crash.gnu")).read_bytes())
        sections, size, count = (int.from_bytes(program[at:at + n], "little") for at, n in ((40, 8), (58, 2), (60, 2)))
        for header in range(sections, sections + size * count, size):
            if program[header + 4] in (1, 2, 3):                    # PROGBITS, SYMTAB, STRTAB: sh_size
                program[header + 32:header + 40] = (1 << 41).to_bytes(8, "little")
        with open(path, "wb") as file:
            file.write(program)
            file.truncate(1 << 42)
        os.chmod(path, 0o755)
        report = os.path.join(folder, "report.json")
        result, peak = peakMiB("--report", report, "--", path, "stack")
        check(result.status == 139 and json.loads(pathlib.Path(report).read_text())["end"]["signal"]["name"] == "SIGSEGV", result)
        check(peak < 900, peak)


if __name__ == "__main__":
    cases.run(__name__)
