#!/usr/bin/python3
"""Collects a line of every kind for docs/trace-format.md: collect.py TRACE... > traces/samples/events.jsonl

For a kind in no TRACE, the line stays that stands in events.jsonl now. Then EXECSCOPE_WRITE_PAGES=1 test_traces "generated:*".
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
SCHEMA = json.loads((HERE.parent / "schema/trace.schema.json").read_text())
LONGEST = 400

# What makes a line a good example: the one that has most of these wins, then the first.
LIKED = {
    "task": ['"ppid":1'],
    "call": ['"function":"load_elf_binary"'],
    "return": ['"function":"copy_process"'],
    "local": ['"name":"elf_brk"', '"pid":3'],
    "set": ['"field":"start_brk"', '"pid":3'],
    "object_new": ['"type":"mm_struct"', '"from"'],
    "object_free": ["linux_binprm"],
    "check": ['"passed":false', "binfmt_script", "#!"],
    "vma": ['"op":"add"', '"file":"/', '"pid":3', "r-xp"],
    "pte": ['"pid":3', '"old":"0x0"'],
    "page_fill": ['"source":"file"', '"blob"'],
    "blob": [],
    "user_write": ['"pid":3', '0100000000000000"'],
    "sys_enter": ['"name":"write"'],
    "sys_exit": ['"name":"write"'],
    "page_fault_user": ['"pid":3'],
    "sched_switch": ['"next_pid":3'],
    "sched_process_fork": ['"child_pid":3'],
    "sched_process_exec": ['"pid":3'],
    "sched_process_exit": ['"pid":3'],
    "insn": ['"pid":3', '"memory"'],
    "registers": ['"pid":3', '"mm":'],
    "run_queue": ['"op":"add"', '"pid":1'],
    "formats": ["elf"],
    "page_write": [],
    "checkpoint": ['"pid":3'],
}


def shortened(line):
    """A long line of bytes or of a map is cut to fit a page; the result is still valid."""
    event = json.loads(line)
    if len(line) <= LONGEST:
        return line
    if "bytes" in event:
        event["bytes"] = event["bytes"][:160]
    if event["kind"] == "footer":
        event["events"] = dict(list(event["events"].items())[:6])
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)


def main():
    best = {}
    sources = [HERE / "events.jsonl", *sys.argv[1:]]
    for rank, path in enumerate(sources):
        for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
            kind = json.loads(line)["kind"]
            score = (rank > 0, sum(s in line for s in LIKED.get(kind, [])))
            if kind not in best or score > best[kind][0]:
                best[kind] = (score, line)
    for kind in SCHEMA["properties"]["kind"]["enum"]:
        print(shortened(best[kind][1]))


if __name__ == "__main__":
    main()
