"""docs/programs.md out of the table; EXECSCOPE_WRITE_PAGES=1 writes it, else the test compares it."""
import os
import re

import cases

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "programs.md")
BRACES = re.compile(r"\{(\w+)\}")
HEAD = """# Programs

Generated from `tests/programs/table.py` (`EXECSCOPE_WRITE_PAGES=1 python3 tests/programs/programs.py page`).

Real programs that run as they do on Linux: each row is a test, `ctest -R programs.NAME`. Its programs run natively and under
`execscope run`, in a root of their own or with the host's files (`--root /`); standard output, standard error and exit status must
be equal, under every processor that the row names. What the programs print does not depend on time, process ids or addresses.
`tests/run.sh --all` installs the compilers of rung 3 and the servers of rung 4; `tests/run.sh` skips a row whose tools are not there, and says which.
"""
RUNGS = {
    1: "Static C",
    2: "Shells and busybox",
    3: "Languages, static",
    4: "Dynamic programs, `--root /`",
    5: "Builds for x86-64-v3",
}


def text(rows):
    lines = [HEAD]
    for rung, title in RUNGS.items():
        lines += ["## %d. %s\n" % (rung, title), "| test | what it exercises | built by | processor | Debian packages |", "|---|---|---|---|---|"]
        for row in rows:
            if row.rung == rung:
                lines.append("| %s | %s | %s | %s | %s |" % (
                    row.name, row.shows, "`%s`" % BRACES.sub(r"\1", row.build) if row.build else "", ", ".join(row.cpus),
                    ", ".join(package for _, package in row.needs)))
        lines.append("")
    return "\n".join(lines)


def check(rows):
    wanted = text(rows)
    if os.environ.get("EXECSCOPE_WRITE_PAGES"):
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(wanted)
    with open(PAGE, encoding="utf-8") as file:
        cases.check(file.read() == wanted, "docs/programs.md does not say what the table says; write it anew:",
                    "EXECSCOPE_WRITE_PAGES=1 python3 tests/programs/programs.py page")
