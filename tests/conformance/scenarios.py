#!/usr/bin/env python3
"""scenarios.py [SCENARIO ...] --execscope=BIN [--keep=DIR] [--verbose] [--self-test]

Runs the captured scenario program in execscope (profile v6.1) and compares what the kernel model did with what Linux did.
Each scenario must match at least 90 % of its nodes and all of them together 97 %. Without names: all scenarios."""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

sys.setrecursionlimit(100000)
sys.dont_write_bytecode = True

import trees    # noqa: E402
import window   # noqa: E402

EACH, TOGETHER = 0.90, 0.97
# Every difference has a cause: scenarios, kind, part of the path. One that stands in none of these rows fails.
CAUSES = [
    (("fail_elf_machine", "fail_elf_trunc_phdr", "fail_enoexec_bin", "fail_enoexec_empty"), "extra", "/search_binary_handler/try_to_wake_up",
     "request_module found the worker that runs modprobe awake; here kthreadd, which does its work, has to be woken"),
    (("vfork",), "missing", "main/__x64_sys_wait4/kernel_wait4/do_wait/",
     "the parent that mm_release wakes preempts the child there, and so waits for it in wait4; here the child ends first"),
    (("vfork",), "missing", "/exit_notify/do_notify_parent/__wake_up_parent/child_wait_callback",
     "the same: here nobody waits yet when the child ends"),
    (("exec_mt_leader",), "extra", "/do_task_dead/switch_mm_irqs_off",
     "after the last thread the CPU goes to rcu_preempt there, which borrows the address space; here to the leader"),
]


TRACEFS = ".tracefs"     # added to the root's name


def build_root(directory):
    """The capture's files; beside them, plain files where it had tracefs: the scenario program opens them as its descriptors 200, 201."""
    root = os.path.join(directory, "root")
    os.mkdir(root)
    archive = os.path.join(trees.DATA, "root.tar.zst")
    subprocess.run(["tar", "-C", root, "--zstd", "-xf", archive], check=True)
    for place in ("", "instances/fn/"):
        os.makedirs(os.path.join(root + TRACEFS, place), exist_ok=True)
        for name in ("tracing_on", "trace", "set_ftrace_pid", "set_event_pid"):
            open(os.path.join(root + TRACEFS, place, name), "w", encoding="utf-8").close()
    for name in ("tmp", "proc", "dev", "sys"):
        os.makedirs(os.path.join(root, name), exist_ok=True)
    helper = os.path.join(root, "t/register_misc")
    subprocess.run(["gcc", "-O1", "-static", "-o", helper, os.path.join(trees.HERE, "register_misc.c")], check=True)
    return root


def trace(options, root, scenario, output):
    # Programs that begin with MZ had an interpreter when the capture was made.
    before = ["/t/register_misc", ":mz:M::MZ::/t/hello_static:"] if scenario == "exec_misc" else []
    # As on the captured machine (AT_MINSIGSTKSZ 3632), XSAVE's area ends with PKRU at 2688: a signal frame reaches further pages.
    command = [options.execscope, "trace", "--profile", "v6.1", "--cpu", "x86-64-v3+pku", "-e", "trace=kernel,syscall,task,sched", "--root", root,
               "--bind", root + TRACEFS + ":/sys/kernel/tracing:rw", "-o", output, "--", *before, "/t/gt", "run", scenario, "/tmp"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        print(f"{scenario}: execscope ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.returncode == 0


def one(options, names, root, scenario, directory):
    output = os.path.join(options.keep or directory, scenario + ".jsonl")
    if not trace(options, root, scenario, output):
        return None
    try:
        tasks = window.read(output)
    except ValueError as error:
        print(f"{scenario}: {error}")
        return None
    result = trees.compare(names, trees.load(skeleton(scenario)), tasks)
    if not options.keep:
        os.remove(output)
    return result


def skeleton(scenario):
    return os.path.join(trees.DATA, "skeleton", scenario + ".json")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*")
    parser.add_argument("--execscope", required=True)
    parser.add_argument("--keep", metavar="DIR", help="leave the traces there")
    parser.add_argument("--verbose", action="store_true", help="name every difference")
    parser.add_argument("--self-test", action="store_true", help="see that a node left out, added, moved or renamed is found")
    options = parser.parse_args()
    wanted = options.scenarios or sorted(n.removesuffix(".json") for n in os.listdir(os.path.join(trees.DATA, "skeleton")))
    names = trees.Names()
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
    directory = tempfile.mkdtemp(prefix="execscope-conformance-")
    try:
        root = build_root(directory)
        return self_test(options, names, root, directory) if options.self_test else run_all(options, names, root, wanted, directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def find(nodes, name):
    """The list that holds the first node of that name, and its place."""
    for at, node in enumerate(nodes):
        if node["fn"] == name:
            return nodes, at
        below = find(node["calls"], name)
        if below:
            return below
    return None


def self_test(options, names, root, directory):
    """fork_raw's trace agrees; with one change it must not."""
    output = os.path.join(directory, "self-test.jsonl")
    if not trace(options, root, "fork_raw", output):
        return 1

    def score(change):
        tasks = window.read(output)
        change(tasks["main"])
        result = trees.compare(names, trees.load(skeleton("fork_raw")), tasks)
        return len(result["missing"]), len(result["extra"])

    def drop(roots):
        nodes, at = find(roots, "copy_creds")
        nodes[at:at + 1] = nodes[at]["calls"]

    def add(roots):
        nodes, at = find(roots, "sched_fork")
        nodes.insert(at, {"fn": "do_exit", "calls": []})

    def move(roots):
        nodes, at = find(roots, "sched_fork")
        nodes.append(nodes.pop(at))

    def rename(roots):
        nodes, at = find(roots, "wake_up_new_task")
        nodes[at]["fn"] = "do_exit"

    wanted = {"nothing": (0, 0), "drop": (1, 0), "add": (0, 1), "move": (1, 1), "rename": (1, 1)}
    got = {"nothing": score(lambda roots: None)} | {f.__name__: score(f) for f in (drop, add, move, rename)}
    print("\n".join(f"{name}: {got[name]} missing and extra nodes, {wanted[name]} expected" for name in wanted))
    return 0 if got == wanted else 1


def cause(scenario, kind, path):
    return next((why for scenarios, what, part, why in CAUSES if scenario in scenarios and what == kind and part in path), None)


def run_all(options, names, root, wanted, directory):
    failed, matched, nodes = [], 0, 0
    for scenario in wanted:
        result = one(options, names, root, scenario, directory)
        if result is None:
            failed.append(scenario)
            continue
        unnamed = [f"{kind} {path}" for kind in ("missing", "extra") for path in result[kind] if not cause(scenario, kind, path)]
        share = result["matched"] / result["nodes"]
        matched, nodes = matched + result["matched"], nodes + result["nodes"]
        print(f"{scenario:28}{result['matched']:5} of {result['nodes']:5} {100 * share:6.1f} %")
        if options.verbose or share < EACH:
            for kind in ("missing", "extra"):
                for path in result[kind]:
                    print(f"    {kind:8}{path}\n            {cause(scenario, kind, path) or 'no cause is known'}")
        if unnamed:
            print(f"    differences without a cause in CAUSES: {', '.join(unnamed)}")
        if share < EACH or unnamed:
            failed.append(scenario)
    together = matched / nodes if nodes else 0
    print(f"together {matched} of {nodes} nodes, {100 * together:.1f} %")
    if failed:
        print("below what it must match: " + " ".join(failed))
    return 1 if failed or (len(wanted) > 1 and together < TOGETHER) else 0


if __name__ == "__main__":
    sys.exit(main())
