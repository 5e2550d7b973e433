"""The strict and the permissive schema: of a real trace, and of what a later version may write."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.path.insert(0, HERE)
import cases
import validate
from cases import check
from traced import Traced
from world import execscope, guest


def test_strict_and_permissive():
    checkers = {name: validate.Checker(True, name == "permissive") for name in ("strict", "permissive")}

    def verdict(event):
        return tuple(not checkers[name].event(event) for name in checkers)

    with Traced("trace", "-e", "trace=all", "--profile", "v6.1", "--", guest("hello_asm")) as traced:
        with open(traced.path, encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
    for checker in checkers.values():
        checker.full = False
    for event in events:
        check(verdict(event) == (True, True), event, *(checker.event(event) for checker in checkers.values()))
    for checker in checkers.values():
        checker.full = True
    seen = {}
    for event in events:
        seen.setdefault(event["kind"], event)
    check(len(seen) > 20, list(seen))
    for kind, event in seen.items():
        check(verdict({**event, "colour": "green"}) == (False, True), "an unknown key:", kind)
        check(verdict({key: value for key, value in event.items() if key != "seq"}) == (False, False), "without seq:", kind)
        check(verdict({**event, "insn": "one"}) == (False, False), "insn is no number:", kind)
        check(verdict({**event, "kind": kind + "_"}) == (False, True), "an unknown kind:", kind)
    check(verdict({"kind": "new", "seq": -1, "insn": 0, "pid": 0}) == (False, False))
    check(verdict([]) == (False, False) and verdict({}) == (False, False))


def test_readers_ignore_what_is_new():
    """A trace of a later minor version reads as if what is new were not there."""
    readers = (["tree"], ["explain"], *(["export", "--format", name] for name in ("perfetto", "ftrace", "strace", "tenet")))
    with Traced() as traced:
        before = [execscope(*reader, traced.path).stdout for reader in readers]
        with open(traced.path, encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
        major, minor = events[0]["version"].split(".")
        events[0]["version"] = f"{major}.{int(minor) + 1}"
        with open(traced.path, "w", encoding="utf-8") as file:
            for event in events:
                file.write(json.dumps({**event, "colour": ["green", {"depth": 1}]}, separators=(",", ":")) + "\n")
                if event["kind"] == "call":
                    file.write(json.dumps({"kind": "novelty", "seq": event["seq"], "insn": event["insn"], "pid": event["pid"]}) + "\n")
        for reader, wanted in zip(readers, before):
            result = execscope(*reader, traced.path)
            own = b"\"version\":\"" + events[0]["version"].encode()
            seen = result.stdout.replace(b',"colour":["green",{"depth":1}]', b"").replace(own, b"\"version\":\"%s.%s" % (major.encode(), minor.encode()))
            check(result.status == 0 and len(wanted) > 100 and seen == wanted, reader, len(seen), len(wanted), result.stderr)


if __name__ == "__main__":
    cases.run(__name__)
