"""Measures execscope run against qemu-x86_64 and the bare machine. See run.sh for the options."""
import argparse
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
WORKLOADS = os.path.join(HERE, "workloads")
INTEGER = ("sieve", "fib", "sha256", "qsrt", "vm")
# name: (program, arguments before the size, size of --quick, first size tried, how to make it bigger by a factor)
DOUBLE = lambda size, factor: math.ceil(size * factor)
PLAN = {
    "sieve": ("sieve", [], 1, 12, DOUBLE),
    "fib": ("fib", [], 18, 32, lambda size, factor: size + math.ceil(math.log(factor, 1.6))),
    "sha256": ("sha256", [], 1, 16, DOUBLE),
    "qsrt": ("qsrt", [], 1, 6, DOUBLE),
    "vm": ("vm", [], 20000, 3000000, DOUBLE),
    "matmul": ("matmul", [], 1, 4, DOUBLE),
    "nbody": ("nbody", [], 4000, 400000, DOUBLE),
    "matmul.v3": ("matmul.v3", [], 1, 1, DOUBLE),
    "nbody.v3": ("nbody.v3", [], 4000, 200000, DOUBLE),
    "getpid": ("getpid", [], 3000, 300000, DOUBLE),
    "pipe": ("pipe", [], 200, 20000, DOUBLE),
    "forkexec": ("forkexec", [], 5, 200, DOUBLE),
    "kernels.btree": ("kernels", ["btree"], 1000, 1000000, DOUBLE),
    "kernels.qsort": ("kernels", ["qsort"], 1, 6, DOUBLE),
    "kernels.sha": ("kernels", ["sha"], 1, 16, DOUBLE),
    "kernels.vm": ("kernels", ["vm"], 20000, 3000000, DOUBLE),
}
# name: (busybox applet and its arguments before the file, MB, MB of --quick)
FILES = {
    "file.sha256sum": (["sha256sum"], 256, 1),
    "file.sort": (["sort"], 60, 1),
    "file.gzip": (["gzip", "-c"], 64, 1),
}
BUSYBOX = "/bin/busybox"
QEMU_SECONDS = 1.0      # what each workload takes at least under qemu
# What docs/performance.md promises, as speed relative to qemu; "integer" is the geometric mean of INTEGER.
GOALS = {"integer": 0.35, "nbody": 1.0, "matmul": 1.0, "nbody.v3": 3.0, "matmul.v3": 3.0, "forkexec": 1 / 0.6, "getpid": 1 / 0.35,
         "pipe": 1 / 0.35, "kernels.btree": 0.30, "kernels.qsort": 0.30, "kernels.sha": 0.30, "kernels.vm": 0.30,
         **dict.fromkeys(FILES, 0.25)}
GOAL_STARTUP = 0.2      # of qemu's wall time
# Steps per second of `trace` relative to qemu-x86_64 -singlestep -d exec,cpu,nochain, and the time of a kernel-only trace of the run's.
TRACE_GOALS = {"steps.compact": 90, "steps.zstd": 25}
GOAL_KERNEL_TRACE = 1.05


def build(folder):
    os.makedirs(folder, exist_ok=True)
    flags = ["gcc", "-static", "-O2", "-w"]
    for program in sorted({row[0] for row in PLAN.values()} | {"hello"}):
        source = os.path.join(WORKLOADS, program.removesuffix(".v3") + ".c")
        target = os.path.join(folder, program)
        if program.endswith(".v3"):
            subprocess.run([*flags, "-O3", "-march=x86-64-v3", source, "-o", target, "-lm"], check=True)
        elif program == "kernels":
            flat = target + ".o"
            subprocess.run([*flags, "-mgeneral-regs-only", "-D_start=flat_start", "-c", source, "-o", flat], check=True)
            subprocess.run([*flags, os.path.join(HERE, "kernels_main.c"), flat, "-o", target], check=True)
        else:
            subprocess.run([*flags, source, "-o", target, "-lm"], check=True)


def text(folder, megabytes):
    """A file of lines that differ, the same every time."""
    path = os.path.join(folder, "text.%d" % megabytes)
    size = megabytes << 20
    if not os.path.exists(path) or os.path.getsize(path) != size:
        number, lines = 1, []
        for count in range(60000):
            number = (number * 69069 + 12345) % (1 << 31)
            lines.append(b"%d word%d %x the quick" % (number, number % 977, count))
        with open(path, "wb") as out:
            for part in range(size // (1 << 20)):
                out.write(b"".join(b"%s %d\n" % (line, part) for line in lines)[:1 << 20])
    return path


class Run:
    """One run: what it printed, its status, CPU seconds of it and its children."""

    def __init__(self, command):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            self.status, self.cpu = child.returncode, usage.ru_utime + usage.ru_stime
            out.seek(0), err.seek(0)
            self.stdout, self.stderr = out.read(), err.read()
        found = re.search(rb"instructions +(\d+)", self.stderr)
        self.instructions = int(found.group(1)) if found else 0


def spawn(command):
    """One run from posix_spawn to its end: wall seconds, what it printed, its status."""
    with tempfile.TemporaryFile() as out:
        path = shutil.which(command[0])
        start = time.monotonic()
        child = os.posix_spawn(path, command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1)])
        status = os.waitpid(child, 0)[1]
        seconds = time.monotonic() - start
        out.seek(0)
        return seconds, out.read(), os.waitstatus_to_exitcode(status)


class Bench:
    def __init__(self, options):
        self.options = options
        self.program = lambda name: os.path.abspath(os.path.join(options.build, name))
        self.ours = [os.path.abspath(options.execscope), "run", "--stats", "--"]
        self.qemu = ["qemu-x86_64"]
        self.wrong = []

    def sized(self, name):
        """The workload's arguments, as big as it takes for qemu to be busy long enough."""
        if name in FILES:
            applet, size, quick = FILES[name]
            return [BUSYBOX, *applet, text(self.options.build, quick if self.options.quick else size)]
        program, before, quick, size, bigger = PLAN[name]
        if self.options.quick:
            return [self.program(program), *before, str(quick)]
        while True:
            command = [self.program(program), *before, str(size)]
            seconds = Run(self.qemu + command).cpu
            if seconds >= QEMU_SECONDS:
                return command
            size = bigger(size, min(10, max(1.2, 1.15 * QEMU_SECONDS / max(seconds, 0.01))))

    def row(self, name):
        """Natively, under qemu and under execscope in turn, so that what the host does meanwhile meets all three; the best of each."""
        command = self.sized(name)
        ours = [*self.ours[:-1], "--bind", command[-1], "--"] if name in FILES else self.ours
        runs = {"native": [], "qemu": [], "ours": []}
        for _ in range(1 if self.options.quick else self.options.rounds):
            for who, prefix in (("native", []), ("qemu", self.qemu), ("ours", ours)):
                run = Run(prefix + command)
                runs[who].append(run)
                self.compare(name, prefix, run, runs["native"][0])
        native, qemu, ours = (min(found, key=lambda run: run.cpu) for found in runs.values())
        ratio = qemu.cpu / ours.cpu if ours.cpu else 0
        mips = ours.instructions / ours.cpu / 1e6 if ours.cpu else 0
        print("%-14s %9.2f %9.2f %9.2f %9.0f %9.3f   %s" % (name, native.cpu, qemu.cpu, ours.cpu, mips, ratio, os.path.basename(command[-1])), flush=True)
        return ratio

    def compare(self, name, prefix, run, native):
        if (run.stdout, run.status) != (native.stdout, native.status):
            self.wrong.append("%s under %s: status %d, printed %r instead of %r; %s" % (
                name, prefix[0] if prefix else "nothing", run.status, run.stdout[:80], native.stdout[:80], run.stderr[-300:].decode(errors="replace")))

    def copied(self, path):
        """Written at once, as the build does: the host's page cache holds it in large pieces. A file that was written long ago, or piece by
        piece, lies scattered there, or not at all, and costs more page faults."""
        copy = os.path.join(self.options.build, os.path.basename(path) + ".copied")
        if os.path.exists(copy):
            os.unlink(copy)
        with open(path, "rb") as file:
            content = file.read()
        with open(copy, "wb", buffering=0) as file:
            while content:
                content = content[file.write(content):]
        os.chmod(copy, 0o755)
        return copy

    def startup(self):
        """Median wall time of a static hello, both measured alternately, from fresh copies, started without the cost of copying this process."""
        command, times = [self.program("hello")], ([], [])
        qemu, ours = (self.copied(shutil.which(command[0])) for command in (self.qemu, self.ours))
        for _ in range(3 if self.options.quick else 101):
            for prefix, found in zip(([qemu, *self.qemu[1:]], [ours, "run", "--"]), times):
                seconds, stdout, status = spawn(prefix + command)
                found.append(seconds)
                if (stdout, status) != (b"hello\n", 0):
                    self.wrong.append("hello under %s: %r status %d" % (prefix[0], stdout, status))
        qemu, ours = map(statistics.median, times)
        print("\nstart-up of a static hello, median wall: qemu %.1f ms, execscope %.1f ms, ratio %.2f" % (
            qemu * 1e3, ours * 1e3, ours / qemu))
        return ours / qemu


def wall(command):
    start = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return time.monotonic() - start, done.stdout


class TraceBench:
    """Traces to files in memory, in wall seconds: a second thread may help."""

    def __init__(self, bench):
        self.bench, self.rounds = bench, 1 if bench.options.quick else max(3, bench.options.rounds)
        self.folder = tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.execscope = bench.ours[0]

    def program(self, size):
        return [self.bench.program("fib"), str(size)]

    def trace(self, name, *options):
        return [self.execscope, "trace", "--profile", "v6.1", *options, "-o", os.path.join(self.folder.name, name), "--"]

    def kernel(self):
        """A kernel-only trace of a CPU-bound program, relative to its run: the best of each, measured alternately."""
        program, times = self.program(18 if self.bench.options.quick else 38), ([], [])
        for _ in range(self.rounds):
            for command, found in zip(([self.execscope, "run", "--"], self.trace("kernel.jsonl", "-e", "trace=kernel")), times):
                found.append(Run(command + program).cpu)
        ratio = min(times[1]) / max(min(times[0]), 1e-3)
        print("\nkernel-only trace of fib: %.2f s of CPU, run %.2f s, ratio %.3f" % (min(times[1]), min(times[0]), ratio))
        return ratio

    def steps(self):
        """Steps per second of each form, relative to qemu's."""
        log = os.path.join(self.folder.name, "qemu.log")
        small, large = self.program(10 if self.bench.options.quick else 16), self.program(10 if self.bench.options.quick else 26)
        seconds = min(wall(["qemu-x86_64", "-singlestep", "-d", "exec,cpu,nochain", "-D", log, *small])[0] for _ in range(self.rounds))
        with open(log, "rb") as file:
            qemu = sum(line.startswith(b"Trace") for line in file) / seconds
        os.remove(log)
        print("\nsteps per second to a file in memory\n%-14s %12.0f" % ("qemu", qemu))
        found = {}
        for name, file in (("steps.json", "t.jsonl"), ("steps.compact", "t.trace"), ("steps.zstd", "t.trace.zst")):
            command = self.trace(file, "-e", "trace=all") + large
            seconds = min(wall(command)[0] for _ in range(self.rounds))
            path = os.path.join(self.folder.name, file)
            size = os.path.getsize(path)
            if name == "steps.json":
                with open(path, "rb") as trace:
                    trace.seek(max(0, size - 4096))
                    steps = int(re.search(rb'"instructions":(\d+)', trace.read()).group(1))
            found[name] = steps / seconds / qemu
            print("%-14s %12.0f %8.1f of qemu's   %.1f bytes per step" % (name, steps / seconds, found[name], size / steps), flush=True)
        if self.bench.options.quick:
            self.same()
        return found

    def same(self):
        """The forms hold the same bytes."""
        paths = [os.path.join(self.folder.name, name) for name in ("t.jsonl", "t.trace", "t.trace.zst")]
        with open(paths[0], "rb") as file:
            lines = file.read()
        for path in paths[1:]:
            rendered = subprocess.run([self.execscope, "export", "--format", "jsonl", path], capture_output=True, check=False)
            if rendered.stdout != lines:
                self.bench.wrong.append("%s does not hold the bytes of %s: %s" % (path, paths[0], rendered.stderr[-200:]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--execscope", default="build/release/execscope")
    parser.add_argument("--build", default="build/release/bench")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    every = [*PLAN, *FILES, "trace"]
    parser.add_argument("--only", default=",".join(every), metavar="NAME[,NAME]", help="of " + ", ".join(every))
    options = parser.parse_args()
    unknown = [name for name in options.only.split(",") if name not in every]
    if unknown:
        parser.error("no workload is named %s" % ", ".join(unknown))
    build(options.build)
    bench = Bench(options)
    print("CPU seconds (user + system)\n%-14s %9s %9s %9s %9s %9s   %s" % (
        "workload", "native", "qemu", "execscope", "MIPS", "of qemu", "size"), flush=True)
    names = options.only.split(",")
    ratios = {name: bench.row(name) for name in names if name != "trace"}
    integer = [ratios[name] for name in INTEGER if ratios.get(name)]
    speed = statistics.geometric_mean(integer) if integer else 0
    if integer:
        print("\nspeed of qemu's, geometric mean of %s: %.3f" % (", ".join(n for n in INTEGER if n in ratios), speed))
    startup = bench.startup()
    tracing = TraceBench(bench)
    kernel, steps = (tracing.kernel(), tracing.steps()) if "trace" in names else (0, {})
    for line in bench.wrong:
        print("WRONG RESULT", line)
    found = {**ratios, "integer": speed} if integer else ratios
    missed = ["%s %.2f instead of %.2f" % (name, found[name], goal) for name, goal in GOALS.items() if name in found and found[name] < goal]
    missed += ["%s %.1f instead of %.0f" % (name, steps[name], goal) for name, goal in TRACE_GOALS.items() if steps.get(name, goal) < goal]
    if kernel > GOAL_KERNEL_TRACE:
        missed.append("kernel-only trace %.3f instead of %.2f" % (kernel, GOAL_KERNEL_TRACE))
    if startup > GOAL_STARTUP:
        missed.append("start-up %.2f instead of %.2f" % (startup, GOAL_STARTUP))
    if missed:
        print("below the goals of docs/performance.md: " + ", ".join(missed))
    return 1 if bench.wrong or (missed and options.check) else 0


if __name__ == "__main__":
    sys.exit(main())
