#!/usr/bin/env python3
"""The state in which a new program starts, word by word, against what Linux 6.1 gave it (linux-6.1/initial_state).

Not compared: the 16 bytes of AT_RANDOM; AT_HWCAP, which the processor decides; device and inode numbers."""
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
AT_HWCAP = 16
MISC = ":mz:M::MZ::/t/hello_static:"


def number(text):
    return int(text, 16)


def build_root(directory):
    root = os.path.join(directory, "root")
    for name in ("tmp", "proc", "dev"):
        os.makedirs(os.path.join(root, name))
    subprocess.run(["tar", "-C", root, "--zstd", "-xf", os.path.join(DATA, "root.tar.zst")], check=True)
    for name in ("launch", "register_misc"):
        source = os.path.join(HERE, name + ".c")
        subprocess.run(["gcc", "-O1", "-static", "-o", os.path.join(root, "t", name), source], check=True)
    return root


def command(wanted):
    program, argv = wanted["program"], [a["str"] for a in wanted["stack"]["argv"]]
    through_interpreter = argv[0] != program
    launch = ["/t/launch", program] + (["one", "two"] if through_interpreter else argv[1:])
    return ["/t/register_misc", MISC] + launch if program == "/t/misc_prog" else launch


class State:
    """What the events of one execve say: memory that was written, mappings, registers."""

    def __init__(self):
        self.memory, self.maps, self.registers, self.mm, self.fields = {}, {}, {}, None, {}

    def vma(self, event):
        areas = self.maps.setdefault(event["mm"], {})
        if event["op"] == "remove":
            areas.pop(event["start"], None)
            return
        areas.pop(event.get("old_start"), None)
        areas[event["start"]] = event
        self.mm = event["mm"] if event["op"] == "add" else self.mm

    def take(self, event):
        kind = event["kind"]
        if kind == "user_write":
            at = number(event["address"])
            for i, byte in enumerate(bytes.fromhex(event["bytes"])):
                self.memory[at + i] = byte
        elif kind == "vma":
            self.vma(event)
        elif kind == "set" and event["field"].startswith("regs."):
            self.registers[event["field"][5:]] = event["new"]
        elif kind == "set":
            self.fields[event["object"], event["field"]] = event["new"]

    def word(self, at):
        return sum(self.memory.get(at + i, 0) << 8 * i for i in range(8))


def state_of(trace, program):
    """The state after the last execve that ended in sched_process_exec of the program."""
    found = now = State()
    for event in events_of(trace):
        if event["kind"] == "sys_enter" and event["name"] == "execve":
            now.memory, now.registers = {}, {}
        now.take(event)
        if event["kind"] == "sched_process_exec" and event["filename"] == program:
            return found
    raise AssertionError(program + " was not executed")


def compare_stack(state, wanted, wrong):
    stack = wanted["stack"]
    random = number(stack["at_random"])
    free = {number(a["at"]) + 8 for a in stack["auxv"] if a["type"] == AT_HWCAP}
    for i, text in enumerate(stack["raw_qwords_from_rsp_to_top"]):
        at = number(stack["rsp"]) + 8 * i
        known = sum(0xff << 8 * b for b in range(8) if not random <= at + b < random + 16)
        if at not in free and (state.word(at) ^ number(text)) & known:
            wrong.append("stack word %#x: %#x, Linux %s" % (at, state.word(at), text))


def compare_maps(state, wanted, wrong):
    got = []
    for start, area in sorted(state.maps[state.mm].items(), key=lambda item: number(item[0])):
        name = area["file"] or ""
        offset = 0 if name in ("", "[heap]", "[stack]", "[vdso]", "[vvar]") else number(area["pgoff"]) * 4096
        got.append("%08x-%08x %s %08x %s" % (number(start), number(area["end"]), area["flags"], offset, name))
    theirs = []
    for line in wanted["maps"]:
        words = line.split()
        name = words[5] if len(words) > 5 else ""
        theirs.append(" ".join(words[:3] + [name]))
    names = {line.rsplit(" ", 1)[0]: line for line in got}
    for line in theirs:
        place, name = line.rsplit(" ", 1)
        ours = names.pop(place, None)
        if ours is None or (name not in ("", "[heap]") and ours.rsplit(" ", 1)[1] != name):
            wrong.append("map %s: %s" % (line, ours))
    wrong += ["map that Linux has not: " + line for line in names.values()]


def compare_registers(state, wanted, wrong):
    names = {"ip": "rip", "sp": "rsp", "flags": "eflags", "cs": "cs", "ss": "ss"}
    names.update({r: "r" + r for r in ("ax", "bx", "cx", "dx", "si", "di", "bp")}, **{r: r for r in ("r%d" % i for i in range(8, 16))})
    for ours, theirs in names.items():
        value = state.registers.get(ours)       # none: it had that value before
        if value is not None and number(value) != number(wanted["regs"][theirs]):
            wrong.append("%s: %s, Linux %s" % (theirs, value, wanted["regs"][theirs]))
    for must in ("ip", "sp"):
        check(must in state.registers, "no new", must)


STAT = {"start_code": "startcode", "end_code": "endcode", "start_stack": "startstack"}     # proc(5); the others have their own names


def compare_mm(state, wanted, wrong):
    for field in ("start_code", "end_code", "start_data", "end_data", "start_brk", "start_stack", "arg_start", "arg_end", "env_start", "env_end"):
        ours, theirs = state.fields.get((state.mm, field), "0"), wanted["stat"][STAT.get(field, field)]
        if number(ours) != number(theirs):
            wrong.append("mm.%s: %s, Linux %s" % (field, ours, theirs))


def differences(root, directory, name):
    with open(os.path.join(DATA, "initial_state", name + ".json"), encoding="utf-8") as file:
        wanted = json.load(file)
    if not wanted["stack"]["argv"]:
        return []       # odd_interp_is_et_dyn: stopped by the signal that killed it inside execve, not at a program's start
    trace = os.path.join(directory, name + ".jsonl")
    subprocess.run([Options.execscope, "trace", "-e", "trace=all,!insn", "--profile", "v6.1", "--cpu", "x86-64-v3+pku", "--root", root, "-o", trace, "--",
                    *command(wanted)], capture_output=True, timeout=300, check=False)
    state, wrong = state_of(trace, wanted["program"]), []
    os.remove(trace)
    compare_registers(state, wanted, wrong)
    compare_stack(state, wanted, wrong)
    compare_maps(state, wanted, wrong)
    compare_mm(state, wanted, wrong)
    return ["%s: %s" % (name, line) for line in wrong]


def test_initial_states():
    names = sorted(n[:-5] for n in os.listdir(os.path.join(DATA, "initial_state")) if n.endswith(".json"))
    check(len(names) == 24, len(names), "states")
    with tempfile.TemporaryDirectory() as directory:
        root = build_root(directory)
        wrong = [line for name in names for line in differences(root, directory, name)]
    check(not wrong, "\n" + "\n".join(wrong))


if __name__ == "__main__":
    cases.run(__name__)
