#!/usr/bin/env python3
"""Makes the seeds of tests/fuzz/corpus: the malformed files of tests/conformance/exec_errors.py, scripts, lines for binfmt_misc.
Findings of the fuzzer lie beside them; their names begin with finding-."""
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(HERE, "corpus")
sys.path[:0] = [os.path.join(HERE, "..", "conformance"), os.path.join(HERE, "..", "lib")]
import exec_errors as good

SET_ID, ASLR, EXECVEAT, SMALL, ARGUMENTS, PERSONA, TRACED = (1 << bit for bit in range(7))
PIE = good.good(kind=3, base=0)
LOAD, STACK = good.header(1, 7, 0, 0x400000, 300, 0x3000), good.header(good.PT_GNU_STACK, 7, 0, 0, 0, 0)
PROPERTY = good.header(0x6474E553, 4, 0, 0, 0, 0)


def seed(file, how=0, misc=b""):
    return struct.pack("<BH", how, len(misc)) + misc + file


def two(first, second, kind=2, entry=0x4000B0):
    return good.elf([first, second], good.EXIT_0 + b"\0" * 4096, kind, entry=entry)


def seeds():
    plain = {name: data for name, (data, _) in good.files(b"").items() if len(data) < 3000 and not name.startswith("nest")}
    table = {name: seed(data, TRACED if index % 4 == 0 else 0) for index, (name, data) in enumerate(sorted(plain.items()))}
    table |= {
        "pie-aslr": seed(PIE, ASLR), "set-id": seed(good.good(), SET_ID | TRACED), "execveat": seed(good.good(), EXECVEAT),
        "small": seed(good.good(), SMALL), "small-arguments": seed(PIE, SMALL | ARGUMENTS), "arguments": seed(PIE, ARGUMENTS | TRACED),
        "persona": seed(good.good(), PERSONA), "script": seed(b"#!/i one\n", TRACED), "script-self": seed(b"#!/f\n", ARGUMENTS),
        "script-execveat": seed(b"#!/i\n", EXECVEAT), "interp-pie": seed(good.interpreted(b"/i"), ASLR), "interp-self": seed(good.interpreted(b"/f")),
        "two-loads": seed(two(LOAD, good.header(1, 5, 0, 0x600000, 200, 200)), TRACED), "exec-stack": seed(two(LOAD, STACK)),
        "property": seed(two(LOAD, PROPERTY)), "overlap": seed(two(LOAD, good.header(1, 3, 0, 0x401000, 100, 100))),
        "backwards": seed(two(LOAD, good.header(1, 3, 0, 0x200000, 100, 9000))), "pie-bss": seed(two(good.header(1, 7, 0, 0, 300, 0x9000), STACK, 3, 0xB0)),
        "misc-magic": seed(b"QZ rest", TRACED, b":b:M:1:Z:\\xff:/f:PO\n:a:M::QZ::/i:\n"), "misc-elf": seed(good.good(), 0, b":e:M::\\x7fELF::/i:OC\n"),
        "misc-extension": seed(b"x", EXECVEAT, b":e:E::f::/i:\n:x:E::/f::/i:F\n"), "misc-self": seed(b"QZ", 0, b":s:M::QZ::/f:\n"),
        "misc-open": seed(b"QZ", 0, b":s:M::QZ::/i:F\n:t:M::QZ::/f:F\n"), "misc-bad": seed(b"", 0, b"::\n:a:M:999:x::/i:\n:a:M::\\x:\\x:/i:C"),
    }
    return table


def is_seed(name):
    """The rest of the corpus are findings and what the fuzzer reached."""
    return not name.startswith(("finding-", "reached-"))


def differences():
    kept = {}
    for name in filter(is_seed, os.listdir(CORPUS)):
        with open(os.path.join(CORPUS, name), "rb") as file:
            kept[name] = file.read()
    made = seeds()
    return sorted(name for name in made.keys() | kept.keys() if made.get(name) != kept.get(name))


def main():
    if sys.argv[1:] == ["--check"]:
        if names := differences():
            sys.exit("not in the corpus as seeds.py makes them (it writes them when run without arguments): " + ", ".join(names))
        return
    for name, content in seeds().items():
        with open(os.path.join(CORPUS, name), "wb") as out:
            out.write(content)


if __name__ == "__main__":
    main()
