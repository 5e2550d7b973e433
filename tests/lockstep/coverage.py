#!/usr/bin/env python3
"""Makes docs/coverage/instructions.md from what insnfuzz --coverage has written.

usage: coverage.py FILE... > docs/coverage/instructions.md
Several files (levels, seeds) are added up; the first says what is listed as left out.
"""
import json
import sys

ABOVE = "#UD at this level"
HEAD = """# Instructions that were compared with a processor

Made by `tests/lockstep/coverage.py` from the counts of these runs of insnfuzz ([how it works](../lockstep.md)):

{runs}

Together {cases:,} cases passed; {exceptions:,} of them raised an exception, which had to be the same. {different}
A case is one instruction from one random state: general registers, flags, MXCSR, x87, vectors and memory. "invalid" stands for
encodings that Zydis refuses (a LOCK prefix where none is allowed, for example): they must raise #UD on both sides.

| instruction | cases | forms |
|---|---|---|
"""


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
             f"{run['cases']:,} cases" for run in runs]
    out = HEAD.format(runs="\n".join(lines), cases=sum(counts[0] for counts in every), exceptions=sum(counts[1] for counts in every),
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
    return out


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.stdout.write(page(load(sys.argv[1:])))
