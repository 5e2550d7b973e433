#!/usr/bin/env python3
"""Makes docs/coverage/instructions.md from what insnfuzz --coverage has written.

usage: coverage.py FILE... > docs/coverage/instructions.md
       coverage.py --check PAGE FILE
Several files (levels, seeds) are added up; the first says what is listed as left out. --check names the forms that FILE's insnfuzz would
run or leave out and that have no cases and no reason in PAGE; status 1 when there are some.
"""
import json
import re
import sys

ABOVE = "#UD at this level"
HEAD = """# Instructions that were compared with a processor

Made by `tests/lockstep/coverage.py` from the counts of these runs of insnfuzz ([how it works](../lockstep.md)):

{runs}

Together {cases:,} cases passed; {exceptions:,} of them raised an exception, which had to be the same. {different}
A case is one instruction from one random state: general registers, flags, MXCSR, x87, vectors and memory.{invalid}

| instruction | cases | forms |
|---|---|---|
"""


INVALID = """ "invalid" stands for
encodings that Zydis refuses (a LOCK prefix where none is allowed, for example): they must raise #UD on both sides."""


def load(paths):
    runs = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            runs.append(json.load(file))
    return runs


def total(runs):
    """{mnemonic: {form: [passed, exceptions, different, unsupported]}} of all runs."""
    added = {}
    for run in runs:
        for mnemonic, forms in run["mnemonics"].items():
            for form, counts in forms.items():
                sums = added.setdefault(mnemonic, {}).setdefault(form, [0, 0, 0, 0])
                for i, name in enumerate(("passed", "exceptions", "different", "unsupported")):
                    sums[i] += counts[name]
    return added


def page(runs):
    added = total(runs)
    every = [counts for forms in added.values() for counts in forms.values()]
    different = sum(counts[2] for counts in every)
    lines = [f"- `insnfuzz --level {run['level']} --seed {run['seed']}{' --ac' if run.get('alignmentCheck') else ''}`: "
             f"{run['cases']:,} cases" + (f", {run['processor']}" if "processor" in run else "") for run in runs]
    out = HEAD.format(runs="\n".join(lines), cases=sum(counts[0] for counts in every), exceptions=sum(counts[1] for counts in every),
                      invalid=INVALID if any("invalid" in forms for forms in added.values()) else "",
                      different=f"{different:,} cases differed." if different else "No case differed.")
    above = []
    for mnemonic, forms in sorted(added.items()):
        own = {form: counts for form, counts in forms.items() if form != ABOVE}
        if ABOVE in forms and not any(form != "invalid" for form in own):
            above.append(mnemonic)
            continue
        cases = sum(counts[0] for counts in own.values())
        shown = "; ".join(f"{form or 'no operands'}: {counts[0]:,}" + (f" ({counts[3]:,} unsupported)" if counts[3] else "")
                          for form, counts in sorted(own.items()))
        out += f"| {mnemonic} | {cases:,} | {shown} |\n"
    out += "\n## Above the level\n\nThese raised #UD in the model, as a processor of the level does:\n\n" + ", ".join(above) + ".\n"
    out += "\n## Left out\n\nThe table of reasons is in `tests/lockstep/insnfuzz/policy.cpp`.\n\n| instruction | why |\n|---|---|\n"
    for mnemonic, reason in sorted(runs[0]["excluded"].items()):
        out += f"| {mnemonic} | {reason} |\n"
    return out + dialects(runs)


def dialects(runs):
    """What was no difference because the makers of processors do it differently."""
    sums = {}
    for run in runs:
        for reason, count in run.get("dialects", {}).items():
            sums[reason] = sums.get(reason, 0) + count
    if not sums:
        return ""
    return ("\n## AMD's own ways\n\nThe model is an Intel processor. These cases, not counted above, went as AMD's processors do it "
            "(`tests/lockstep/insnfuzz/dialect.cpp`):\n\n| what | cases |\n|---|---|\n" +
            "".join(f"| {reason} | {count:,} |\n" for reason, count in sorted(sums.items())))


def listed(text):
    """{mnemonic: its forms with cases}, {"mnemonic" or "mnemonic form" with a reason} of a page."""
    forms, reasons = {}, set()
    for mnemonic, cases, rest in re.findall(r"^\| ([A-Z0-9_]+(?: [a-z][^|]*)?) \| (?:([\d,]+) \| )?([^|\n]*) \|$", text, re.M):
        if cases:
            forms[mnemonic] = {re.sub("^no operands$", "", form.rpartition(": ")[0]) for form in re.sub(r" \([^)]*\)", "", rest).split("; ")}
        else:
            reasons.add(mnemonic)
    return forms, reasons


def absent(text, run):
    forms, reasons = listed(text)
    for mnemonic, wanted in run["forms"].items():
        for form in wanted:
            if form not in forms.get(mnemonic, ()) and not reasons & {mnemonic, f"{mnemonic} {form}"}:
                yield f"{mnemonic} {form}".rstrip()
    yield from (name for name in run["excluded"] if name not in reasons)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if sys.argv[1] == "--check":
        with open(sys.argv[2], encoding="utf-8") as PAGE:
            MISSING = list(absent(PAGE.read(), load(sys.argv[3:])[0]))
        sys.exit("not there: " + ", ".join(MISSING) if MISSING else 0)
    sys.stdout.write(page(load(sys.argv[1:])))
