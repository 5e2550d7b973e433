"""Measures execscope run against qemu-x86_64 and the bare machine. See run.sh for the options."""
import argparse
import math
import os
import re
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
QEMU_SECONDS = 1.0      # what each workload takes at least under qemu
# What docs/performance.md promises, as speed relative to qemu; "integer" is the geometric mean of INTEGER.
GOALS = {"integer": 0.35, "nbody": 1.0, "matmul": 1.0, "nbody.v3": 3.0, "matmul.v3": 3.0, "forkexec": 1 / 0.6, "getpid": 1 / 0.35,
         "pipe": 1 / 0.35, "kernels.btree": 0.30, "kernels.qsort": 0.30, "kernels.sha": 0.30, "kernels.vm": 0.30}
GOAL_STARTUP = 0.2      # of qemu's wall time


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


class Run:
    """One run: what it printed, its status, CPU seconds of it and its children, wall seconds."""

    def __init__(self, command):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            start = time.monotonic()
            child = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            self.wall = time.monotonic() - start
            child.returncode = os.waitstatus_to_exitcode(status)
            self.status, self.cpu = child.returncode, usage.ru_utime + usage.ru_stime
            out.seek(0), err.seek(0)
            self.stdout, self.stderr = out.read(), err.read()
        found = re.search(rb"instructions +(\d+)", self.stderr)
        self.instructions = int(found.group(1)) if found else 0


class Bench:
    def __init__(self, options):
        self.options = options
        self.program = lambda name: os.path.abspath(os.path.join(options.build, name))
        self.ours = [os.path.abspath(options.execscope), "run", "--stats", "--"]
        self.qemu = ["qemu-x86_64"]
        self.wrong = []

    def sized(self, name):
        """The workload's arguments, as big as it takes for qemu to be busy long enough."""
        program, before, quick, size, bigger = PLAN[name]
        if self.options.quick:
            return [self.program(program), *before, str(quick)]
        while True:
            command = [self.program(program), *before, str(size)]
            seconds = Run(self.qemu + command).cpu
            if seconds >= QEMU_SECONDS:
                return command
            size = bigger(size, min(10, max(1.2, 1.15 * QEMU_SECONDS / max(seconds, 0.01))))

    def best(self, name, prefix, command, expected):
        runs = [Run(prefix + command) for _ in range(1 if self.options.quick else self.options.rounds)]
        for run in runs:
            if expected and (run.stdout, run.status) != (expected.stdout, expected.status):
                self.wrong.append("%s under %s: status %d, printed %r instead of %r; %s" % (
                    name, prefix[0], run.status, run.stdout[:80], expected.stdout[:80], run.stderr[-300:].decode(errors="replace")))
                break
        return min(runs, key=lambda run: run.cpu)

    def row(self, name):
        command = self.sized(name)
        native = self.best(name, [], command, None)
        qemu = self.best(name, self.qemu, command, native)
        ours = self.best(name, self.ours, command, native)
        ratio = qemu.cpu / ours.cpu if ours.cpu else 0
        mips = ours.instructions / ours.cpu / 1e6 if ours.cpu else 0
        print("%-14s %9.2f %9.2f %9.2f %9.0f %9.3f   %s" % (name, native.cpu, qemu.cpu, ours.cpu, mips, ratio, command[-1]), flush=True)
        return ratio

    def startup(self):
        """Median wall time of a static hello, both measured alternately."""
        command, times = [self.program("hello")], ([], [])
        for _ in range(3 if self.options.quick else 41):
            for prefix, found in zip((self.qemu, self.ours), times):
                run = Run(prefix + command)
                found.append(run.wall)
                if (run.stdout, run.status) != (b"hello\n", 0):
                    self.wrong.append("hello under %s: %r status %d" % (prefix[0], run.stdout, run.status))
        qemu, ours = map(statistics.median, times)
        print("\nstart-up of a static hello, median wall: qemu %.1f ms, execscope %.1f ms, ratio %.2f" % (
            qemu * 1e3, ours * 1e3, ours / qemu))
        return ours / qemu


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--execscope", default="build/release/execscope")
    parser.add_argument("--build", default="build/release/bench")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", default=",".join(PLAN))
    options = parser.parse_args()
    build(options.build)
    bench = Bench(options)
    print("CPU seconds (user + system)\n%-14s %9s %9s %9s %9s %9s   %s" % (
        "workload", "native", "qemu", "execscope", "MIPS", "of qemu", "size"), flush=True)
    ratios = {name: bench.row(name) for name in options.only.split(",")}
    integer = [ratios[name] for name in INTEGER if ratios.get(name)]
    speed = statistics.geometric_mean(integer) if integer else 0
    if integer:
        print("\nspeed of qemu's, geometric mean of %s: %.3f" % (", ".join(n for n in INTEGER if n in ratios), speed))
    startup = bench.startup()
    for line in bench.wrong:
        print("WRONG RESULT", line)
    found = {**ratios, "integer": speed} if integer else ratios
    missed = ["%s %.2f instead of %.2f" % (name, found[name], goal) for name, goal in GOALS.items() if name in found and found[name] < goal]
    if startup > GOAL_STARTUP:
        missed.append("start-up %.2f instead of %.2f" % (startup, GOAL_STARTUP))
    if missed:
        print("below the goals of docs/performance.md: " + ", ".join(missed))
    return 1 if bench.wrong or (missed and options.check) else 0


if __name__ == "__main__":
    sys.exit(main())
