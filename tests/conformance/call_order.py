#!/usr/bin/env python3
"""call_order.py --execscope=FILE [--profile=P] [--verbose] [--self-test]

Checks that the kernel model calls every unconditional function of the specification's call trees (calls-v3.10.txt,
calls-v6.1.txt; calls.py says how they are written) under its parent and in order, in traces of the captured scenarios and of
reach.c. What docs/fidelity.md leaves out stands in left_out.json, what a real 6.1.187 does in another way in drift.json, each
with its reason or evidence. A row of these that is not needed fails, too."""
import argparse
import json
import os
import subprocess
import sys
import tempfile

sys.setrecursionlimit(100000)
sys.dont_write_bytecode = True

import calls        # noqa: E402
import scenarios    # noqa: E402
import trees        # noqa: E402

PROFILES = ("v3.10", "v6.1")
# Options of execscope and arguments, beside the scenarios.
EXTRA = [(["--aslr"], ["/t/hello_static"]), ([], ["/t/reach"]),
         ([], ["/t/register_misc", ":mz:M::MZ::/t/hello_static:", "/t/gt", "run", "exec_misc", "/tmp"])]


def load(name):
    with open(os.path.join(calls.HERE, name), encoding="utf-8") as file:
        return json.load(file)


def build_reach(root):
    source = os.path.join(calls.HERE, "reach.c")
    flags = ["-O1", "-static", "-pthread", "-Wall", "-Wextra", "-Werror"]
    subprocess.run(["gcc", *flags, "-o", os.path.join(root, "t/reach"), source], check=True)


def observe(options, profile, root, directory):
    """The calls of all runs together."""
    model = calls.Model()
    runs = EXTRA + [([], ["/t/gt", "run", name, "/tmp"]) for name in sorted(load("linux-6.1/scenarios.json"))]
    for extra, arguments in runs:
        output = os.path.join(directory, "trace.jsonl")
        command = [options.execscope, "trace", "--profile", profile, "-e", "trace=call,return", "--root", root, *extra, "-o", output,
                   "--", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode in (125, 127) or not os.path.exists(output):
            raise SystemExit(f"{' '.join(command)}: {done.returncode} {done.stderr}")
        model.read(output)
    model.reduce()
    return model


class LeftOut:
    """Rows of left_out.json (functions or ids of nodes, with what lies below them) and, for v6.1, of drift.json."""

    def __init__(self, profile):
        self.rows = {}
        for group in load("left_out.json")["left out"]:
            self.rows.update(dict.fromkeys(group.get(profile, []) + group.get("both", []), group["why"]))
        self.drift = load("drift.json") if profile == "v6.1" else {}
        self.rows.update((identity, row["did"]) for identity, row in self.drift.items())

    def row(self, node):
        """The row of the node or, in left_out.json, of one above it."""
        at = node
        while at:
            for key in (at.id, at.name):
                if key in self.rows and (at is node or key not in self.drift):
                    return key
            at = at.parent
        return None


def unneeded(rows, check, everything):
    """Rows without which nothing fails."""
    failing = check.failures(lambda node: False)
    by_id = {node.id: node for node in everything}
    needed = {rows.row(by_id[identity]) for identity in failing}
    for branch in check.branches:
        others = calls.Check(check.entries, check.model, {key: why for key, why in check.branches.items() if key != branch})
        needed |= {branch} & set(others.failures(lambda node: rows.row(node) is not None))
    return sorted((set(rows.rows) | set(check.branches)) - needed)


def below(nodes, name):
    """The calls of every node of that name."""
    for node in nodes:
        if node["fn"] == name:
            yield {child["fn"] for child in node.get("calls", [])}
        yield from below(node.get("calls", []), name)


def evidence_complaints(drift, everything):
    """In the capture, the parent makes the call that the row shows, and never the one of the specification."""
    nodes = {node.id: node for node in everything}
    for identity, row in drift.items():
        node = nodes.get(identity)
        if not node or node.name != row["function"]:
            yield f"drift.json: {identity} is not {row['function']}"
            continue
        made = list(below(trees.load(os.path.join(trees.DATA, row["evidence"]))["tree"], node.parent.name))
        if not any(row["shows"] in names for names in made) or any(row["function"] in names for names in made):
            yield f"drift.json: {identity}: {row['evidence']} does not show {row['shows']} instead of {row['function']}"


class Comparison:
    def __init__(self, profile, model):
        self.profile, self.rows = profile, LeftOut(profile)
        entries = calls.load(os.path.join(calls.HERE, f"calls-{profile}.txt"))
        self.everything = [node for roots in entries.values() for root_node in roots for node in root_node.everything()]
        self.check = calls.Check(entries, model, load("left_out.json")["branches"].get(profile, {}))

    def complaints(self):
        wrong = self.check.failures(lambda node: self.rows.row(node) is not None)
        complaints = [f"{identity}: {text}" for identity, text in wrong.items()]
        needless = unneeded(self.rows, self.check, self.everything)
        complaints += [f"{row}: the row in left_out.json or drift.json is not needed" for row in needless]
        return complaints + list(evidence_complaints(self.rows.drift, self.everything))

    def report(self, verbose):
        complaints = self.complaints()
        functions = [node for node in self.everything if not node.is_reference and node.unconditional]
        left = [node for node in functions if self.rows.row(node) is not None]
        if verbose:
            print("\n".join(f"left out: {node.id} {node.name}: {self.rows.rows[self.rows.row(node)]}" for node in left))
        print("\n".join(complaints + [f"{self.profile}: {len(functions)} unconditional functions, {len(left)} left out or otherwise "
                                      f"in 6.1.187, {len(complaints)} complaints"]))
        return not complaints


def self_test(model):
    """A call that is missing, out of order or never made, a row that nothing needs and evidence that shows something else."""
    def said(change):
        comparison = Comparison("v6.1", model)
        before = model.seen
        model.seen = dict(before)
        change(comparison)
        complaints = comparison.complaints()
        model.seen = before
        return [complaint.split(":")[0] for complaint in complaints]

    def without(name):
        return [([n for n in direct if n != name], below_it) for direct, below_it in model.seen["copy_process"]]

    def drop(_):
        model.seen["copy_process"] = without("copy_fs")

    def move(_):
        model.seen["copy_process"] = [(direct + ["copy_fs"], below_it) for direct, below_it in without("copy_fs")]

    def never(_):
        del model.seen["flush_signal_handlers"]

    def needless(comparison):
        comparison.rows.rows["copy_fs"] = "for the test"

    def other_evidence(comparison):
        comparison.rows.drift["do_mmap.1.2.1"] = dict(comparison.rows.drift["do_mmap.1.2.1"], shows="do_exit")

    # After a call that came too late, those behind it have no place left.
    wanted = {drop: ["copy_process.1.16"], move: None, never: ["begin_new_exec.1.22"], needless: ["copy_fs"],
              other_evidence: ["drift.json"]}
    good = True
    for change, expected in wanted.items():
        got = said(change)
        right = got == expected if expected is not None else bool(got)
        print(f"{change.__name__}: {', '.join(got)}{'' if right else ' (wrong)'}")
        good = good and right
    return good and not said(lambda _: None)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--execscope", required=True)
    parser.add_argument("--profile", choices=PROFILES)
    parser.add_argument("--verbose", action="store_true", help="name what is left out")
    parser.add_argument("--self-test", action="store_true", help="see that each kind of mistake is found")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="execscope-calls-") as directory:
        root = scenarios.build_root(directory)
        build_reach(root)
        if options.self_test:
            return 0 if self_test(observe(options, "v6.1", root, directory)) else 1
        good = [Comparison(p, observe(options, p, root, directory)).report(options.verbose) for p in PROFILES if options.profile in (None, p)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
