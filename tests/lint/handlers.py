#!/usr/bin/env python3
"""Checks the threaded code of the interpreter: every handler leaves by a jump, none calls another one.

usage: handlers.py OBJECT...      (the objects of cpu/ of an optimised build)

A handler is a function whose last five arguments are (long, unsigned long, unsigned long, unsigned long, cpu::Carried) behind
(const cpu::Op*, cpu::Core*). A sibling call that the compiler did not turn into a jump grows the stack without a word.
"""
import re
import subprocess
import sys

HANDLER = re.compile(r"^_ZN3cpu.*lmmmDv2_l$")      # mangled: (…, long, unsigned long, unsigned long, unsigned long, long __vector(2))
FUNCTION = re.compile(r"^[0-9a-f]+ <(.*)>:$")
INDIRECT_CALL = re.compile(r"\bcall\s+\*")
INDIRECT_JUMP = re.compile(r"\bjmp\s+\*")
RETURN = re.compile(r"\bret\b")
TO_HANDLER = re.compile(r"\b(call|jmp|j[a-z]+)\s+[0-9a-f]+ <(_ZN3cpu[^>+]*lmmmDv2_l)>")    # in the same section: no relocation
# Where the threaded code ends: these return to the run loop, each in its own way.
ENDS = re.compile(r"^_ZN3cpu\d+(leave(Fault|After|Again|Before|AtBranch|AtJump)|raise[A-Z][A-Za-z]+|fallThrough(Cold)?)E")
# These go on, or leave (inlined) when the program's time is over.
MAY_LEAVE = re.compile(r"^_ZN3cpu\d+(jumpMiss|targetMiss|linkStub|farStub|report)E")
TARGET = re.compile(r"R_X86_64_(PLT32|PC32)\s+(?:\.text\.)?(.*?)([-+]0x[0-9a-f]+)?$")     # a local handler: its section


def functions(path):
    text = subprocess.run(["objdump", "-dr", "--no-show-raw-insn", path], check=True, capture_output=True, text=True).stdout
    name, body = None, []
    for line in text.splitlines():
        found = FUNCTION.match(line)
        if found:
            if name:
                yield name, body
            name, body = found.group(1), []
        elif name:
            body.append(line)
    if name:
        yield name, body


def complaints(name, body):
    if not body or ENDS.match(name):
        return
    code = [line for line in body if "R_X86_64" not in line]
    if any(INDIRECT_CALL.search(line) for line in code):
        yield "calls the next handler"
    if any(RETURN.search(line) for line in code) and not MAY_LEAVE.match(name):
        yield "returns"
    for line, following in zip(body, body[1:]):
        target = TARGET.search(following)
        if re.search(r"\tcall\b", line) and target and HANDLER.search(target.group(2)):
            yield f"calls {target.group(2)}"
    onward = [TO_HANDLER.search(line) for line in code]
    if any(found and found.group(1) == "call" for found in onward):
        yield "calls a handler of its file"
    tails = [TARGET.search(following) for line, following in zip(body, body[1:]) if re.search(r"\tj[a-z]+\b", line)]
    jumps_on = any(INDIRECT_JUMP.search(line) for line in code) or any(found and found.group(2) != name for found in onward) or \
        any(target and HANDLER.search(target.group(2)) for target in tails)
    if not jumps_on:
        yield "does not jump on"


def main(paths):
    handlers, jumps, wrong = 0, 0, 0
    for path in paths:
        for name, body in functions(path):
            if not HANDLER.search(name):
                continue
            handlers += 1
            jumps += any(INDIRECT_JUMP.search(line) for line in body)
            for complaint in complaints(name, body):
                print(f"{path}: {name}: {complaint}")
                wrong += 1
    print(f"{handlers} handlers, {jumps} with an indirect jump, {wrong} complaints")
    return 1 if wrong or handlers < 100 or jumps < handlers * 0.8 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
