#!/usr/bin/env python3
"""Every failure case of the specification (failure_cases.*.json: the table of calls-v3.10.json and calls-v6.1.json), in both
profiles: a guest provokes it where one can (failures.c), --inject where none can. What must come out is taken from the table;
which error stands on which side of the point of no return, from the trace. What a guest provokes also runs on this kernel."""
import functools
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), HERE]
import cases    # noqa: E402
import exec_errors as files    # noqa: E402
import newer_kernels    # noqa: E402
import unwinding    # noqa: E402
from cases import Options, Skip, check    # noqa: E402
from traces import events_of    # noqa: E402
from world import Tree, isolation    # noqa: E402

PROFILES = ("v3.10", "v6.1")
GOOD = "/f/good"
RLIMIT_DATA, RLIMIT_STACK, RLIMIT_NPROC, RLIMIT_AS = 2, 3, 6, 9


class Case:
    """words, path: the line of failures.c; then what comes of it in v3.10 and v6.1:
    "errno E...": returned to the caller; "exit N": the program ran; "inside SIG... E...": the signal ended the task in execve, which
    had failed with that error; "later SIG...": it ended the new program. inject: FUNCTION:ERRNO, at the first call in the execve."""

    def __init__(self, name, words, path, old, new=None, inject=None, native=True):
        self.name, self.words, self.path, self.native = name, words, path, native and not inject
        self.expected = dict(zip(PROFILES, (old, new or old)))
        self.inject = dict(zip(PROFILES, inject if isinstance(inject, tuple) else (inject, inject)))

    def line(self):
        return " ".join([self.name, *self.words.split(), self.path])


ENOENT, EACCES, ENOEXEC, EFAULT, E2BIG, ENOMEM = ("errno " + name for name in ("ENOENT", "EACCES", "ENOEXEC", "EFAULT", "E2BIG", "ENOMEM"))
RUNS = "exit 0"
CASES = [
    Case("path-null", "path=null", GOOD, EFAULT),
    Case("path-null/bad", "path=bad", GOOD, EFAULT),
    Case("path-empty", "path=empty", GOOD, ENOENT),
    Case("path-empty/execveat", "at=4096,0", GOOD, "errno ENOSYS", RUNS),
    Case("path-long", "path=long", GOOD, "errno ENAMETOOLONG"),
    Case("path-long/component", "", "/f/" + "a" * 256, "errno ENAMETOOLONG"),
    Case("path-missing", "", "/f/nope", ENOENT),
    Case("path-missing/dangling", "", "/f/dangling", ENOENT),
    Case("path-notdir", "", "/f/good/x", "errno ENOTDIR"),
    Case("path-loop", "", "/f/loop1", "errno ELOOP"),
    Case("path-dir", "", "/f", EACCES),
    Case("path-special", "fifo=/tmp/fifo", "/tmp/fifo", EACCES),
    Case("path-special/device", "", "/dev/null", EACCES, native=False),
    Case("no-x", "", "/f/no-x", EACCES),
    Case("no-x/other-user", "uid=1000", "/f/only-root", EACCES),
    Case("no-x/search", "uid=1000", "/closed/good", EACCES),
    Case("noexec-mount", "", GOOD, EACCES, inject=("open_exec:EACCES", "do_open_execat:EACCES")),
    Case("txtbsy", "write=/f/written", "/f/written", "errno ETXTBSY"),
    Case("txtbsy/exe-file", "", GOOD, RUNS, "inside SIGSEGV EACCES", inject=(None, "set_mm_exe_file:EACCES")),
    Case("argv-null", "argv=null", "/f/argc", "exit 0", "exit 1"),
    Case("argv-bad", "argv=bad", GOOD, EFAULT),
    Case("str-bad", "arg=bad", GOOD, EFAULT),
    Case("str-long", "args=1x131072", GOOD, E2BIG),
    Case("str-long/just-fits", "args=1x131071", GOOD, RUNS),
    Case("args-many", "", GOOD, E2BIG, inject="count:E2BIG"),
    Case("args-total", "limit=%d:1048576 args=3x99999" % RLIMIT_STACK, GOOD, E2BIG),
    Case("nproc", "limit=%d:0 beside=1001 uid=1001" % RLIMIT_NPROC, GOOD, "errno EAGAIN"),
    Case("nproc/alone", "limit=%d:0 uid=1002" % RLIMIT_NPROC, GOOD, "errno EAGAIN", RUNS),
    Case("fs-in-exec", "", GOOD, "errno EAGAIN", RUNS, inject=("check_unsafe_exec:EAGAIN", None)),
    Case("oom-early/bprm", "", GOOD, ENOMEM, inject="kzalloc:ENOMEM"),
    Case("oom-early/cred", "", GOOD, ENOMEM, inject="prepare_exec_creds:ENOMEM"),
    Case("oom-early/mm", "", GOOD, ENOMEM, inject="mm_alloc:ENOMEM"),
    Case("oom-early/context", "", GOOD, ENOMEM, inject="init_new_context:ENOMEM"),
    Case("oom-early/stack", "", GOOD, ENOMEM, inject="insert_vm_struct:ENOMEM"),
    Case("sig-mutex", "", GOOD, RUNS, inject="prepare_bprm_creds:ERESTARTNOINTR"),
    Case("lsm", "", GOOD, "errno EPERM", inject="security_bprm_check:EPERM"),
    Case("lsm/credentials", "", GOOD, EACCES, inject=("security_bprm_set_creds:EACCES", "security_bprm_creds_for_exec:EACCES")),
    Case("empty-file", "", "/f/empty-file", ENOEXEC),
    Case("garbage-text", "", "/f/garbage-text", ENOEXEC),
    Case("garbage-bin", "", "/f/garbage-bin", ENOEXEC),
    Case("read-error", "", GOOD, "errno EIO", inject="kernel_read:EIO"),
    Case("elf-magic", "", "/f/elf-magic", ENOEXEC),
    Case("elf-type", "", "/f/elf-type", ENOEXEC),
    Case("elf-machine", "", "/f/elf-machine", ENOEXEC),
    Case("elf-class", "", "/f/elf-class", RUNS),
    Case("elf-phentsize", "", "/f/elf-phentsize", ENOEXEC),
    Case("elf-phnum0", "", "/f/elf-phnum0", ENOEXEC),
    Case("elf-phnum-big", "", "/f/phnum-1171", ENOEXEC),
    Case("elf-phnum-big/74", "", "/f/phnum-74", RUNS, ENOEXEC),
    Case("elf-ph-short", "", "/f/elf-ph-short", "errno EIO", ENOEXEC),
    Case("elf-ph-oom", "", GOOD, ENOMEM, ENOEXEC, inject="kmalloc:ENOMEM"),
    Case("interp-len", "", "/f/interp-len-1", ENOEXEC),
    Case("interp-len/long", "", "/f/interp-len-5000", ENOEXEC),
    Case("interp-short", "", "/f/interp-short", "errno EIO"),
    Case("interp-nonul", "", "/f/interp-nonul", ENOEXEC),
    Case("interp-missing", "", "/f/interp-missing", ENOENT),
    Case("interp-missing/no-x", "", "/f/interp-no-x", EACCES),
    Case("interp-missing/txtbsy", "write=/f/pie", "/f/interp-ok", "errno ETXTBSY"),
    Case("interp-tiny", "", "/f/interp-tiny", "errno EIO"),
    Case("interp-magic", "", "/f/interp-magic", "errno ELIBBAD"),
    Case("interp-ph", "", "/f/interp-ph", "inside SIGSEGV EPERM", "errno ELIBBAD"),
    Case("interp-ph/unreadable", "", "/f/interp-ph-short", "inside SIGSEGV EIO", "errno ELIBBAD"),
    Case("interp-type", "", "/f/interp-type", "inside SIGSEGV EPERM"),
    Case("interp-noload", "", "/f/interp-noload", "inside SIGSEGV EINVAL"),
    Case("gnu-property", "", "/f/gnu-property", RUNS),
    Case("dethread-busy", "", GOOD, "errno EAGAIN", "inside SIGSEGV EAGAIN", inject="de_thread:EAGAIN"),
    Case("sighand-oom", "share", GOOD, ENOMEM, "inside SIGSEGV ENOMEM", inject="kmem_cache_alloc:ENOMEM"),
    Case("core-race", "", GOOD, "errno EINTR", "inside SIGSEGV EINTR", inject="exec_mmap:EINTR"),
    Case("stack-place", "limit=%d:4096" % RLIMIT_AS, GOOD, "inside SIGKILL EFAULT", "inside SIGSEGV EFAULT"),
    Case("stack-place/mprotect", "", GOOD, "inside SIGKILL ENOMEM", "inside SIGSEGV ENOMEM", inject="mprotect_fixup:ENOMEM"),
    Case("seg-map", "", "/f/seg-misaligned", "inside SIGKILL EINVAL", "inside SIGSEGV EINVAL"),
    Case("seg-map/occupied", "", "/f/seg-on-stack", "later SIGSEGV", "inside SIGSEGV EEXIST", native=False),
    Case("seg-range", "", "/f/seg-filesz", "inside SIGKILL EINVAL", "inside SIGSEGV EINVAL"),
    Case("seg-range/task-size", "", "/f/seg-task-size", "inside SIGKILL ENOMEM", "inside SIGSEGV ENOMEM"),
    Case("bss-map", "", "/f/bss-huge", "inside SIGKILL ENOMEM", "inside SIGSEGV ENOMEM"),
    Case("bss-pad", "", "/f/bss-beyond", "inside SIGSEGV EFAULT"),
    Case("bss-pad/read-only", "", "/f/bss-pad", "inside SIGSEGV EFAULT", RUNS),
    Case("bss-pad/ignored", "ignore=11", "/f/bss-beyond", "inside SIGSEGV EFAULT"),
    Case("dyn-noload", "", "/f/dyn-noload", "later SIGSEGV"),
    Case("dyn-noload/exec", "", "/f/no-load", "later SIGSEGV"),
    Case("entry-bad", "", "/f/entry-bad", "inside SIGSEGV EINVAL"),
    Case("entry-unmapped", "", "/f/entry-unmapped", "later SIGSEGV"),
    Case("vdso-map", "", GOOD, "inside SIGKILL ENOMEM", "inside SIGSEGV ENOMEM",
         inject=("install_special_mapping:ENOMEM", "map_vdso:ENOMEM")),
    Case("tables", "limit=%d:65536 args=10000x0" % RLIMIT_STACK, GOOD, "inside SIGKILL EFAULT", "inside SIGSEGV EFAULT"),
    Case("script-empty", "", "/f/script-empty", ENOEXEC),
    Case("script-long", "", "/f/script-300", RUNS, ENOEXEC),
    Case("script-long/fits-6.1", "", "/f/script-150", ENOENT),
    Case("script-long/argument", "", "/f/script-arg-cut", RUNS),
    Case("script-missing", "", "/f/script-missing", ENOENT),
    Case("script-noexec", "", "/f/script-noexec", EACCES),
    Case("script-depth", "", "/f/nest-6", "errno ELOOP"),
    Case("script-depth/five", "", "/f/nest-5", RUNS),
    Case("script-cloexec", "at=4096,1", "/f/script-ok", "errno ENOSYS", ENOENT),
    Case("misc-2fd", "misc=:one:M::QZ::/f/qy:O misc=:two:M::QY::/f/good:O", "/f/qz", RUNS, ENOEXEC, native=False),
    Case("aout-magic", "", "/f/aout-relocations", ENOEXEC),
    Case("aout-magic/short", "", "/f/aout-short", ENOEXEC),
    Case("aout-data", "limit=%d:100" % RLIMIT_DATA, "/f/aout-whole", ENOMEM, ENOEXEC),
    Case("aout-map", "", "/f/aout-whole", ENOEXEC),
]

# What the table of the specification says otherwise, and why.
ELSEWHERE = {"no-format": "test_no_format: without formats there is no guest",
             "elf-no-mmap": "tests/unit/loader/elf_test.cpp: every executable file of the model can be mapped"}
DEVIATIONS = {
    ("v3.10", "aout-map"): "a.out programs are 32-bit; until that mode is there the loader refuses them before mapping (docs/fidelity.md)",
    ("v3.10", "dethread-busy"): "injected, so the task is not dying and gets the errno",
    ("v6.1", "dethread-busy"): "injected, so the task is not dying and is ended for having passed the point of no return",
    ("v3.10", "core-race"): "injected, so the task is not dying and gets the errno",
    ("v6.1", "core-race"): "injected, so the task is not dying and is ended for having passed the point of no return",
    ("v3.10", "sig-mutex"): "restarted: the caller sees the new program", ("v6.1", "sig-mutex"): "restarted: the caller sees the new program",
}


def programs():
    """The files of /f: those of exec_errors.py and what only these cases need."""
    table = {name: data for name, (data, _) in files.files(b"/f").items()}
    gnu_property = files.header(0x6474E553, 4, 1 << 40, 0, 3, 3, 1)
    argc = bytes.fromhex("8b3c24b83c0000000f05")       # mov (%rsp), %edi; mov $60, %eax; syscall
    beyond = files.header(files.PT_LOAD, 6, 0x5000, 0x600000, 0x10, 0x100)
    on_stack = files.header(files.PT_LOAD, 6, 0, 0x7FFFFFFFE000, 0x100, 0x100)
    relocations = bytearray(files.aout(0o413, 9000))
    struct.pack_into("<I", relocations, 24, 8)
    cut = b"/f/" + b"p" * 122                           # 127 bytes of buffer: "#!" and 125 of the path
    table.update({
        "argc": table["good"].replace(files.EXIT_0, argc), "written": table["good"], "gnu-property": files.good([gnu_property]),
        "interp-no-x": files.interpreted(b"/f/no-x"), "interp-ph-short": files.interpreted(b"/f/elf-ph-short"),
        "bss-beyond": two_loads(beyond), "seg-on-stack": files.elf([on_stack], entry=0x400000), "aout-relocations": bytes(relocations),
        "aout-whole": files.aout(0o413, 20000),
        "script-300": b"#!" + cut + b"q" * 200 + b"\n", cut[3:].decode(): table["good"], "script-150": b"#!/f/" + b"n" * 150 + b"\n",
        "qz": b"QZ" + b"\0" * 300, "qy": b"QY" + b"\0" * 300, "only-root": table["good"],
    })
    return table


def two_loads(second):
    """Code, and a second PT_LOAD."""
    offset = 64 + 56 * 2
    load = files.header(files.PT_LOAD, 5, 0, 0x400000, offset + 309, offset + 309)
    return files.elf([load, second], files.EXIT_0 + b"\0" * 300, entry=0x400000 + offset)


def trace(profile, path, *options, program="/failures"):
    return subprocess.run([Options.execscope, "trace", "-e", "trace=all,!insn", "--profile", profile, "-o", path, *options, "--", program],
                          capture_output=True, text=True, timeout=300, check=False)


class OwnProgram(AssertionError):
    """An injected failure hit this test's own program, or init."""


class World:
    """A root with the guest and the files, and what the execves of it came to."""

    def __enter__(self):
        self.tree = Tree()
        self.directory = tempfile.mkdtemp()
        for name, data in programs().items():
            self.tree.file("/f/" + name, data, 0o700 if name == "only-root" else 0o755)
        self.tree.file("/f/no-x", files.good(), 0o644)
        self.tree.file("/closed/good", files.good(), 0o755)
        os.chmod(self.tree.path + "/closed", 0o700)
        for name, target in (("loop1", "loop2"), ("loop2", "loop1"), ("dangling", "nowhere")):
            os.symlink(target, self.tree.path + "/f/" + name)
        subprocess.run(["gcc", "-O1", "-static", "-o", self.tree.path + "/failures", os.path.join(HERE, "failures.c")], check=True)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.directory, ignore_errors=True)
        self.tree.__exit__()

    def lines(self, chosen):
        self.tree.file("/cases", "".join(case.line() + "\n" for case in chosen).encode())

    def run(self, profile, chosen, *options):
        """{name: Attempt} of one run."""
        self.lines(chosen)
        path = os.path.join(self.directory, "trace.jsonl")
        done = trace(profile, path, "--root", self.tree.path, "--log", "debug", "-e", "trace=kernel,syscall,task,set,object_free", *options)
        if done.returncode in (97, 125) and "a defect" not in done.stderr:     # 97: failures.c gave up
            raise OwnProgram(done.stderr)
        check(done.returncode == 0, profile, options, "status", done.returncode, done.stdout[-500:], done.stderr[-2000:])
        traced = Trace(path)
        results = {name: Attempt(result, traced.execs.get(int(pid))) for name, pid, *result in map(str.split, done.stdout.splitlines())}
        check(set(results) == {case.name for case in chosen}, "missing:", {case.name for case in chosen} - set(results), done.stderr)
        return results, traced

    def native(self, chosen):
        self.lines(chosen)
        prefix = isolation()
        if os.geteuid() != 0 or prefix is None:
            raise Skip("needs root and a mount namespace")
        done = subprocess.run([*prefix, "timeout", "120", "chroot", self.tree.path, "/failures"], capture_output=True, text=True, check=False)
        return {name: Attempt(result, None) for name, _, *result in map(str.split, done.stdout.splitlines())}


class Exec:
    """One execve of a trace."""

    def __init__(self, event):
        self.path, self.events, self.calls = event["args"][0].strip('"'), [], {}
        self.result, self.error, self.started, self.injected = None, 0, False, None


class Trace:
    """The first execve or execveat of every task, and how often each function was called before."""

    def __init__(self, path):
        self.execs, self.counts = {}, {}
        for event in events_of(path):
            self.take(event)

    def take(self, event):
        kind, pid = event["kind"], event["pid"]
        if kind == "header":
            self.header = event
        if kind == "call":
            self.counts[event["function"]] = self.counts.get(event["function"], 0) + 1
        if kind == "sys_enter" and event["name"].startswith("execve") and pid not in self.execs:
            self.execs[pid] = Exec(event)
            return
        found = self.execs.get(pid)
        if found is None or found.result is not None:
            return
        if kind == "sys_exit":
            found.result = event
        found.events.append(event)
        found.started = found.started or kind == "sched_process_exec"
        if kind == "call":
            found.calls.setdefault(event["function"], self.counts[event["function"]])
        elif kind == "return":
            if event["function"] in ("do_execve", "do_execveat"):
                found.error = event["result"]
            if event.get("injected"):
                found.injected = event


class Attempt:
    def __init__(self, result, execution):
        self.how, self.number, self.execution = result[0], int(result[1]), execution

    def __str__(self):
        if self.how == "errno":
            return "errno " + errno_name(self.number)
        if self.how == "exit":
            return "exit %d" % self.number
        name = signal.Signals(self.number).name
        if self.execution is None:      # natively
            return "signal " + name
        return "later " + name if self.execution.started else "inside %s %s" % (name, errno_name(-self.execution.error))


def errno_name(number):
    import errno
    return errno.errorcode.get(number, str(number))


@functools.cache
def table(profile):
    with open(os.path.join(HERE, "failure_cases.%s.json" % profile), encoding="utf-8") as file:
        return {row["id"]: row for row in json.load(file)}


def agrees_with_table(case, profile):
    """Whether the expectation is the table's: its errno among those it names, on the side of the point of no return that it says."""
    row, expected = table(profile)[case.name.split("/")[0]], case.expected[profile].split()
    outcome = row["outcome"].replace("(forced)", "")
    kinds = {"returned-to-caller": ("errno",), "task-already-dying": (), "exec-continues": ("exit", "later"), "SIGKILL": ("inside",), "SIGSEGV": ("inside",)}
    if expected[0] not in kinds[outcome] or (expected[0] == "inside" and expected[1] != outcome):
        return False
    names = [word for word in row["errno"].replace("/", " ").split() if word[0] == "E" and word.isupper()]
    return expected[0] in ("exit", "later") or not names or expected[-1] in names


def test_every_case_has_a_test():
    named = {case.name.split("/")[0] for case in CASES} | set(ELSEWHERE)
    for profile in PROFILES:
        check(len(table(profile)) == 70 and named == set(table(profile)), profile, named ^ set(table(profile)))
        agreed = {case.name.split("/")[0] for case in CASES if agrees_with_table(case, profile)}
        named_here = {name for version, name in DEVIATIONS if version == profile}
        check(named - agreed - set(ELSEWHERE) == named_here, profile, "agree with no case of this script:", named - agreed - set(ELSEWHERE),
              "named:", named_here)


def compare(found, chosen, expected):
    wrong = ["%s: expected %s, got %s" % (case.name, expected(case), found[case.name])
             for case in chosen if str(found[case.name]) != expected(case)]
    check(not wrong, "\n" + "\n".join(wrong))


def provoked(profile):
    chosen = [case for case in CASES if not case.inject[profile]]
    with World() as world:
        found, traced = world.run(profile, chosen)
        compare(found, chosen, lambda case: case.expected[profile])
        unwinding.check_all(profile, {name: attempt.execution for name, attempt in found.items()})
    return traced


def test_v3_10():
    provoked("v3.10")


def test_v6_1():
    provoked("v6.1")


SILENT = ("kmalloc", "kzalloc", "kmem_cache_alloc")       # a call that succeeds is no event: which one it is has to be tried
TRIES = 60


def with_injection(world, profile, case):
    function, errno = case.inject[profile].split(":")
    options = lambda number: ("--inject", "%s:error=%s:when=%d" % (function, errno, number))    # noqa: E731
    if function not in SILENT:
        before, _ = world.run(profile, [case])
        number = before[case.name].execution.calls.get(function)
        check(number, case.name, "its execve never calls", function)
        return world.run(profile, [case], *options(number)), options(number)
    for number in range(1, TRIES):
        try:
            found = world.run(profile, [case], *options(number))
        except OwnProgram:
            continue
        execution = found[0][case.name].execution
        if execution and execution.injected:
            return found, options(number)
    raise AssertionError("%s: %s fails nowhere in its execve" % (case.name, function))


def injected(profile):
    chosen = [case for case in CASES if case.inject[profile]]
    found, wrong = {}, []
    with World() as world:
        for case in chosen:
            (results, traced), options = with_injection(world, profile, case)
            found[case.name] = results[case.name]
            mark, header = results[case.name].execution.injected, traced.header.get("options", {}).get("inject")
            function, errno = case.inject[profile].split(":")
            if not mark or mark["function"] != function or header != [options[1]]:
                wrong.append("%s: %s failed; header: %s" % (case.name, mark, header))
        check(not wrong, "\n".join(wrong))
        compare(found, chosen, lambda case: case.expected[profile])
        unwinding.check_all(profile, {name: attempt.execution for name, attempt in found.items()})


def test_injected_v3_10():
    injected("v3.10")


def test_injected_v6_1():
    injected("v6.1")


def test_no_format():
    """Every format's registration fails, so that init finds none (do_execve: ENOENT) and the kernel gives up, as Linux does."""
    for profile in PROFILES:
        formats = ["init_%s_binfmt" % name for name in ("misc", "script", "elf", "compat_elf", *["aout"][:profile == "v3.10"])]
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "trace.jsonl")
            done = trace(profile, path, "--inject", ",".join(formats) + ":error=ENOMEM", program="/bin/true")
            check(done.returncode == 125 and "init" in done.stderr, done.stderr)
            results = [event["result"] for event in events_of(path, "return") if event["function"] == "search_binary_handler"]
            check(results and all(result == -2 for result in results), profile, results)


def traced_fork(world, profile, *options):
    """The events of the first fork of the guest, and how often each function had been called when the fork called it first."""
    path = os.path.join(world.directory, "fork.jsonl")
    done = trace(profile, path, "--root", world.tree.path, "--log", "debug", "-e", "trace=kernel,syscall,object_free", *options)
    check("defect" not in done.stderr and done.returncode >= 0, profile, options, done.stderr)
    counts, first, events, open_call = {}, {}, [], None
    for event in events_of(path):
        if event["kind"] == "call":
            counts[event["function"]] = counts.get(event["function"], 0) + 1
        if event["kind"] == "sys_enter" and event["name"] in ("clone", "fork") and event["pid"] == 3:
            open_call = event
        elif open_call and event["kind"] == "sys_exit" and event["pid"] == 3:
            return events, first, event
        elif open_call and event["pid"] == 3:
            events.append(event)
            if event["kind"] == "call":
                first.setdefault(event["function"], counts[event["function"]])
    raise AssertionError("no fork")


def test_fork_unwinding():
    """Each step of copy_process fails in turn: what had been done is undone, last step first, and the caller gets the errno."""
    wrong = []
    with World() as world:
        world.lines([CASES[0]])
        for profile in PROFILES:
            _, first, _ = traced_fork(world, profile)
            for step, _ in unwinding.FORK_STEPS:
                events, _, ended = traced_fork(world, profile, "--inject", "%s:error=ENOMEM:when=%d" % (step, first[step]))
                undone = unwinding.fork_undone(events)
                if undone != unwinding.fork_order(step) or ended.get("errno") != "ENOMEM":
                    wrong.append("%s: %s fails: undone %s, expected %s, %s" % (profile, step, undone, unwinding.fork_order(step), ended))
    check(not wrong, "\n" + "\n".join(wrong))


def test_unwinding_can_fail():
    done = ["prepare_bprm_creds", "bprm_mm_init", "check_unsafe_exec"]
    returned = [{"kind": "return", "function": name, "result": 0} for name in done]
    undone = [{"kind": "call", "function": "mmput"}, *({"kind": "set", "field": field, "new": False} for field in ("in_exec", "in_execve")),
              {"kind": "call", "function": "free_bprm"}, {"kind": "call", "function": "abort_creds"}]
    for events, good in ((undone, True), (undone[::-1], False), (undone[1:], False), (undone[:-1], False)):
        steps = unwinding.Steps(returned + events)
        check(unwinding.last_steps(steps, unwinding.expected_v3_10(steps)) == good, events)


def natively_as(expected):
    """How World.native says what the model came to: it does not know on which side of the point of no return a signal came."""
    words = expected.split()
    return "signal " + words[1] if words[0] in ("inside", "later") else expected


def test_natively():
    """What a guest provokes, on this machine's kernel: as in v6.1, except for what newer kernels do otherwise."""
    newer_kernels.must_be_known()
    chosen = [case for case in CASES if case.native]
    with World() as world:
        found = world.native(chosen)
    missing = [case.name for case in chosen if case.name not in found]
    check(not missing, "did not end:", missing)
    lines = newer_kernels.complaints({case.name: natively_as(case.expected["v6.1"]) for case in chosen},
                                     {name: str(attempt) for name, attempt in found.items()})
    check(not lines, "\n" + "\n".join(lines))


if __name__ == "__main__":
    cases.run(__name__)
