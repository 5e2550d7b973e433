#!/usr/bin/env python3
"""start_order.py EXECSCOPE PROGRAM: writes emu/start.order.

That is the functions and the data of execscope that it touches when it starts PROGRAM, a static hello, found by execscope itself: in the
order in which they are reached, tables of more than 2 KiB behind the rest. The linker lays them out like that, so that a start touches
few pages."""
import bisect
import os
import re
import subprocess
import sys
import tempfile

TOUCHED = re.compile(r"(?:rip=|m[rw]=)0x([0-9a-f]+)(?::([0-9a-f]+))?")
LARGE = 2048        # bytes
LEAST = 1000        # symbols that a start touches
LONGEST = 128       # digits of what an instruction reads or writes; more is the kernel's


def symbolsOf(program):
    """[(address, size, name, whether it is code)] of all that have a size."""
    rows = (line.split() for line in subprocess.run(["nm", "-n", "-S", program], capture_output=True, text=True, check=True).stdout.splitlines())
    return [(int(row[0], 16), int(row[1], 16), row[3], row[2] in "tTwW") for row in rows if len(row) == 4]


def touched(lines, symbols):
    """{name: symbol} in the order of the first touch."""
    starts, found, seen = [symbol[0] for symbol in symbols], {}, set()
    for line in lines:
        for address, content in TOUCHED.findall(line):
            address = int(address, 16)
            if address in seen or len(content) > LONGEST:
                continue
            seen.add(address)
            at = bisect.bisect(starts, address) - 1
            if at >= 0 and address < starts[at] + symbols[at][1]:
                found.setdefault(symbols[at][2], symbols[at])
    return found


def main(execscope, program):
    symbols = symbolsOf(execscope)
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "start.trace")
        subprocess.run([execscope, "trace", "--profile", "v6.1", "-e", "trace=all", "-o", trace, "--bind", program + ":/hello", "--",
                        execscope, "run", "--", "/hello"], check=True, stdout=subprocess.DEVNULL)
        with subprocess.Popen([execscope, "export", "--format", "tenet", trace], stdout=subprocess.PIPE, text=True) as export:
            found = touched(export.stdout, symbols)
    if export.returncode or len(found) < LEAST:
        sys.exit("%s: execscope export ended with %d, and %d symbols were touched: emu/start.order stays as it is; is %s linked statically?" % (
            sys.argv[0], export.returncode, len(found), execscope))
    large = sorted((symbol for symbol in found.values() if symbol[1] > LARGE and not symbol[3]), key=lambda symbol: symbol[1])
    order = [*(symbol for symbol in found.values() if symbol not in large), *large]
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "start.order")
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.writelines(symbol[2] + "\n" for symbol in order)
    os.replace(path + ".new", path)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*map(os.path.realpath, sys.argv[1:]))
