#!/usr/bin/env python3
"""What fork and execve keep: every row of fork_exec_attributes.json, with the very program of the capture (/t/attrs).

attrs sets the attributes, forks, and executes itself; it shows what each of the three sees ("inside"). What it read from outside
through ptrace comes from /proc, read by observe.c at the same moments, and from the trace. The verdicts of all rows are compared,
and the values too, except of NUMBERS_DIFFER."""
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), HERE]
import cases    # noqa: E402
from cases import Options, check    # noqa: E402
from traces import events_of    # noqa: E402

DATA = os.path.join(HERE, "linux-6.1")
PHASES = ("parent_before", "fork_child", "after_exec")
OBSERVED = dict(zip(PHASES, ("before", "fork_child", "after_exec")))
CLONE, EXECVE = 56, 59
# Numbers of processes; the tracer's; the console and pipes of the capture; a limit that follows the size of memory.
NUMBERS_DIFFER = {"pid", "tid", "pgid", "sid", "status.Tgid", "status.Pid", "status.NStgid", "status.NSpid", "status.NSsid", "status.TracerPid",
                  "timers", "fds", "status.SigQ"}


def build_root(directory):
    root = os.path.join(directory, "root")
    for name in ("tmp", "proc", "dev"):
        os.makedirs(os.path.join(root, name))
    subprocess.run(["tar", "-C", root, "--zstd", "-xf", os.path.join(DATA, "root.tar.zst")], check=True)
    subprocess.run(["gcc", "-O1", "-static", "-o", os.path.join(root, "t", "observe"), os.path.join(HERE, "observe.c")], check=True)
    return root


class Observed:
    """The output of observe: per phase the lines of each file."""

    def __init__(self, output):
        self.files = {name: {} for name in OBSERVED.values()}
        for line in output.splitlines():
            phase, name, text = line.split("|", 2)
            self.files[phase].setdefault(name, []).append(text)
        self.self = {phase: json.loads("\n".join(files["self"])) for phase, files in self.files.items()}

    def outside(self, attribute, phase):
        files = self.files[OBSERVED[phase]]
        if attribute.startswith("status."):
            lines = dict(line.split(":", 1) for line in files["status"])
            return " ".join(lines[attribute[7:]].split())
        if attribute == "sigmask":
            return self.outside("status.SigBlk", phase)
        if attribute == "fds":
            return ", ".join("%d:%s" % (fd, files["fd%d" % fd][0]) for fd in range(8) if "fd%d" % fd in files)
        return "; ".join(files.get(attribute, []))


class Traced:
    """What the trace says of the task that is examined and its child at the moments of the capture's ptrace stops: stopped before
    fork, the child in its first return to user mode, and the return of execve."""

    def __init__(self, path):
        self.objects, self.pids, self.last_call, self.states = {}, {}, {}, {}
        for event in events_of(path):
            self.take(event)

    def take(self, event):
        kind, pid = event["kind"], event["pid"]
        if kind == "object_new":
            self.objects[event["object"]] = dict(self.objects.get(event.get("from"), {}))
        elif kind == "set":
            self.objects.setdefault(event["object"], {})[event["field"]] = event["new"]
            if event["field"] == "pid":
                self.pids[event["new"]] = event["object"]
        elif kind == "sys_enter":
            self.last_call[pid] = event["nr"]
            if event["name"] == "readlink" and "cwd" in event["args"][0] and not self.states:      # observe: the task has stopped
                self.examined = pid + 2
                self.keep("parent_before", self.examined)
        elif kind == "sys_exit" and "parent_before" in self.states:
            if event["nr"] == CLONE and pid == self.examined + 1:
                self.last_call[pid] = CLONE
                self.keep("fork_child", pid)
            if event["nr"] == EXECVE and pid == self.examined:
                self.keep("after_exec", pid)

    def keep(self, phase, pid):
        self.states[phase] = dict(self.objects[self.pids[pid]], orig_rax=self.last_call[pid])

    def outside(self, attribute, phase):
        state = self.states[phase]
        if attribute == "orig_rax":
            return str(state["orig_rax"])
        field = {"fs_base": "thread.fs", "gs_base": "thread.gs"}.get(attribute, attribute)
        value = int(state.get(field, "0x0"), 16)
        words = {"robust_list": "set", "rseq": "registered", "fs_base": "nonzero"}
        return hex(value) if attribute == "gs_base" else words[attribute] if value else "0"


TRACED = ("robust_list", "rseq", "fs_base", "gs_base", "orig_rax")


def values_of(row, observed, traced):
    attribute = row["attribute"]
    if row["seen_from"] == "inside":
        return [observed.self[OBSERVED[phase]].get(attribute) for phase in PHASES]
    source = traced if attribute in TRACED else observed
    return [source.outside(attribute, phase) for phase in PHASES]


def verdict(before, after):
    return "n/a" if after is None else "same" if before == after else "different"


def differences(rows, observed, traced):
    wrong = []
    for row in rows:
        values = values_of(row, observed, traced)
        theirs = [row[phase] for phase in PHASES]
        ours = [verdict(values[0], value) for value in values[1:]]
        compared = row["attribute"] not in NUMBERS_DIFFER
        if ours != [row["fork"], row["exec"]] or values[0] is None or (compared and values != theirs):
            wrong.append("%s (%s): fork %s, exec %s: %s; Linux: fork %s, exec %s: %s"
                         % (row["attribute"], row["seen_from"], *ours, values, row["fork"], row["exec"], theirs))
    return wrong


def maps(lines):
    """Without device and inode."""
    return [tuple(line.split()[:3]) + tuple(line.split()[5:]) for line in lines]


def run(directory):
    trace = os.path.join(directory, "attributes.jsonl")
    done = subprocess.run([Options.execscope, "trace", "-e", "trace=all,!insn", "--profile", "v6.1", "--root", build_root(directory), "-o", trace,
                           "-e", "trace=syscall,object", "--", "/t/observe", "/t/attrs", "/tmp"],
                          capture_output=True, text=True, timeout=300, check=False)
    check(done.returncode == 0, done.returncode, done.stderr)
    return Observed(done.stdout), Traced(trace)


def test_attributes():
    with open(os.path.join(DATA, "fork_exec_attributes.json"), encoding="utf-8") as file:
        truth = json.load(file)
    rows = truth["rows"]
    check(len(rows) == 74, len(rows), "rows")
    with tempfile.TemporaryDirectory() as directory:
        observed, traced = run(directory)
    wrong = differences(rows, observed, traced)
    check(not wrong, "\n" + "\n".join(wrong))
    for phase in ("before", "fork_child"):
        ours, theirs = maps(observed.files[phase]["maps"]), maps(truth["maps"][phase])
        check(ours == theirs, phase, ours, theirs)
    for row in rows:        # the comparison can fail, for each row
        turned = {"same": "different", "different": "same", "n/a": "same"}
        for column in ("fork", "exec"):
            check(differences([dict(row, **{column: turned[row[column]]})], observed, traced), "no difference seen:", row["attribute"], column)


if __name__ == "__main__":
    cases.run(__name__)
