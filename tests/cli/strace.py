"""The text of strace, against strace itself."""
import json
import os
import re
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import cases
from cases import check
from world import command, execscope, guest, needs


PIDS = (r"^((?:set_tid_address|clone3?|v?fork|wait4|getpid|gettid|getppid)\(.*= )(\d+)$", r"(^(?:wait4|t?kill|tgkill)\()(\d+)", r"(^tgkill\(\w+, )(\d+)", r"(^rt_sigqueueinfo\()(\d+)", r"(si_pid=)(\d+)", r"(parent_tid=\[)(\d+)", r"(^waitid\(P_PID, )(\d+)")


def straceLines(text):
    """{process, counted from 0: its lines, whole calls, without what differs from run to run}."""
    found, begun, numbers = {}, {}, {}
    for line in text.splitlines():
        pid, line = line.split(None, 1)
        process = numbers.setdefault(pid, len(numbers))
        if line.endswith(" <unfinished ...>"):
            begun[pid] = line[:-len(" <unfinished ...>")]
            continue
        if line.startswith("<... "):
            line = begun.pop(pid) + line.partition(" resumed>")[2]
        found.setdefault(process, []).append(re.sub(r" +", " ", line).strip())
    normal = {}
    for process, lines in found.items():
        normal[process] = []
        for line in lines:
            line = re.sub(r"0x[0-9a-f]{5,}", "PTR", line)
            line = re.sub(r"\d+( /\* | \()\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d{4}", r"N\1DATE", line)
            line = re.sub(r"(TIOCGPTN, \[|^sched_getattr.* sched_runtime=)\d+", r"\1N", line)     # Linux 6.12 tells the slice
            line = re.sub(r"^((?:shm|sem|msg)(?:get\(.* = |ctl\(.*INFO.* = |\w+\())\d+\b", r"\1ID", line)
            line = re.sub(r"_(.time|.pid|l.pid)=[1-9]\d*", r"_\1=N", line)
            line = re.sub(r"(left |ru_.time=)\{[^}]*\}", r"\1TIME", line)
            line = re.sub(r'(getrandom\()"[^"]*"', r"\1BYTES", re.sub(r"/\* \d+ vars \*/", "VARS", line))
            for pattern in PIDS:
                line = re.sub(pattern, lambda m: m[1] + "P%d" % numbers[m[2]] if m[2] in numbers else m[1] + "other", line)
            normal[process].append(line)
    return normal


def strace():
    """The version of strace that the export is written after; its results in a namespace of its own, and not nice."""
    path = needs("/usr/bin/strace")
    version = command([path, "-V"]).stdout.decode().split("\n")[0]
    if not version.endswith("version 6.1"):
        raise cases.Skip("another version: " + version)
    return [path, "-f"]


def asRoot():
    """Before a command: nobody else's queues and limits, and the priority that a process is born with. None: this is not root, or not all of it."""
    apart = ["unshare", "-i", "nice", "-n", str(-os.nice(0))]
    return apart if os.geteuid() == 0 and command(apart + ["true"]).status == 0 else None


def compiled(folder, name):
    path = os.path.join(folder, name)
    built = command([needs("/usr/bin/gcc"), "-static", "-O1", "-w", "-o", path, os.path.join(HERE, name + ".c")])
    check(built.status == 0, built)
    return path


def test_strace_says_what_strace_says():
    """Of programs that fork, exec and wait, and of those that make calls with every structure that the export knows (strace_*.c)."""
    with tempfile.TemporaryDirectory() as built:
        of_root = ("strace_ipc", "strace_process", "strace_signals") if asRoot() else ()
        others = ("strace_deliveries", "strace_reads", "strace_sockets", "strace_tells", "strace_terminals")
        compare([guest(name) for name in ("hello.gnu", "hello.musl", "vfork.gnu", "wait_status.gnu")] + [compiled(built, name) for name in of_root + others])


def both(folder, program):
    """The lines of strace and of the export, by process."""
    native = command((asRoot() or []) + strace() + ["-o", folder + "/native", program], cwd="/")
    if not os.path.exists(folder + "/native") or native.status == 1 and b"ptrace" in native.stderr:
        raise cases.Skip("no ptrace here")
    result = execscope("trace", "--profile", "v6.1", "-e", "trace=all", "-o", folder + "/t.jsonl", "--", program, cwd="/")
    check(result.stdout == native.stdout, result)
    exported = execscope("export", "--format", "strace", folder + "/t.jsonl")
    check(exported.status == 0, exported)
    with open(folder + "/native", encoding="utf-8") as file:
        return straceLines(file.read()), straceLines(exported.stdout.decode())


def compare(programs):
    for name in programs:
        with tempfile.TemporaryDirectory() as folder:
            wanted, seen = both(folder, name)
            check(list(wanted) == list(seen), name, wanted, seen)
            for process in wanted:
                calls = [[line for line in lines[process] if not line.startswith("---")] for lines in (wanted, seen)]
                for theirs, ours in zip(*calls):
                    check(ours == theirs, name, "process", process, "\nstrace:    ", theirs, "\nexecscope: ", ours)
                signals = [sorted(line for line in lines[process] if line.startswith("---")) for lines in (wanted, seen)]
                check(len(calls[0]) == len(calls[1]) and signals[0] == signals[1], name, process, signals)


def test_strace_has_the_vocabulary_of_strace():
    """Arguments that are seldom used, whatever the call says to them."""
    with tempfile.TemporaryDirectory() as folder:
        wanted, seen = both(folder, compiled(folder, "strace_vocabulary"))
        check(len(wanted) == len(seen) == 1, wanted, seen)
        theirs, ours = ([re.sub(r" = .*", "", line) for line in list(lines.values())[0]] for lines in (wanted, seen))
        for one, other in zip(theirs, ours):
            check(one == other, "\nstrace:    ", one, "\nexecscope: ", other)
        check(len(theirs) == len(ours), len(theirs), len(ours))


def test_strace_of_calls_that_the_profile_lacks():
    """Their arguments as where they are there."""
    with tempfile.TemporaryDirectory() as folder:
        execscope("trace", "--profile", "v3.10", "-e", "trace=all", "-o", folder + "/t.jsonl", "--", guest("hello.gnu"))
        text = execscope("export", "--format", "strace", folder + "/t.jsonl").stdout.decode()
        check(re.search(r"rseq\(0x[0-9a-f]+, 0x20, 0, 0x53053053\) += -1 ENOSYS", text), text)
        check(re.search(r"getrandom\(0x[0-9a-f]+, 8, GRND_NONBLOCK\) += -1 ENOSYS", text), text)


def events(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def exportedFrom(folder, lines):
    with open(folder + "/changed.jsonl", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    return execscope("export", "--format", "strace", folder + "/changed.jsonl")


def test_strace_of_traces_that_tell_less():
    """Versions before 1.5 lack the siginfo of what a task acts upon; it is not made up."""
    with tempfile.TemporaryDirectory() as folder:
        execscope("trace", "-e", "trace=all,!insn", "-o", folder + "/t.jsonl", "--", guest("wait_status.gnu"))
        lines = events(folder + "/t.jsonl")
        whole = [line for line in exportedFrom(folder, lines).stdout.decode().splitlines() if "---" in line]
        lines[0]["version"] = "1.3"
        for line in lines:
            if line["kind"].startswith("signal_"):
                line.pop("info", 0)
        text = exportedFrom(folder, lines).stdout.decode().splitlines()
        shown = [line for line in text if "---" in line]
        check(shown and len(shown) == len(whole), shown, whole)
        for less, more in zip(shown, whole):
            check("si_pid" in more or "si_addr" in more, more)
            check(re.sub(r"(si_code=\w+), .*}", r"\1, ...}", more) == less, less, more)


def test_strace_of_calls_that_cannot_be():
    """Names, arguments and results that no kernel writes."""
    with tempfile.TemporaryDirectory() as folder:
        execscope("trace", "-e", "trace=all,!insn", "-o", folder + "/t.jsonl", "--", guest("hello.gnu"))
        lines = events(folder + "/t.jsonl")
        calls = [i for i, line in enumerate(lines) if line["kind"] == "sys_enter" and line["pid"] != 1]
        for name in ("xsetxattr", "setxattr", "fsetxattr", "sendfile", "read", "pread64", "write", "brk", "getcwd"):
            for result, error in ((-2 ** 63, "EINVAL"), (-2 ** 63, None), (2 ** 63 - 1, None), (-5, None)):
                changed = [dict(line) for line in lines]
                for i in calls[2:]:
                    changed[i]["name"], changed[i]["args"] = name, ["1"] * 9
                    changed[i]["raw"] = [hex(2 ** 64 - 1)] * 9
                for line in changed:
                    if line["kind"] == "sys_exit" and line["pid"] != 1:
                        line["result"] = result
                        line.pop("errno", 0)
                        if error:
                            line["errno"] = error
                made = exportedFrom(folder, changed)
                check(made.status == 0 and (name + "(").encode() in made.stdout and b"runtime error" not in made.stderr, name, result, made)


if __name__ == "__main__":
    cases.run(__name__)
