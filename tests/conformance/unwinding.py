"""What a failed execve undoes, and in which order: execve_unwind of calls-v3.10.json and calls-v6.1.json. What there is to undo
follows from the steps that had been done, which the same trace shows."""
from cases import check


class Steps:
    """The steps of one execve: calls and returns (depth, name, result), fields that were set, in their order."""

    def __init__(self, events):
        self.done, self.undone, open_calls = {}, [], []
        for event in events:
            if event["kind"] == "call":
                open_calls.append(event["function"])
                self.undone.append(event["function"])
            elif event["kind"] == "return":
                self.close(open_calls, event)
            elif event["kind"] == "set" and event["field"] in ("in_exec", "in_execve") and event["new"] is False:
                self.undone.append(event["field"])

    def close(self, open_calls, event):
        name, result = event["function"], event["result"]
        while open_calls and open_calls.pop() != name:
            pass
        failed = event.get("injected") or (isinstance(result, int) and not isinstance(result, bool) and result < 0)
        self.done[name] = self.done.get(name, False) or not failed

    def has(self, *names):
        return all(self.done.get(name) for name in names)


def last_steps(steps, wanted):
    """Whether `wanted` are the last occurrences of these names, in this order."""
    last = [len(steps.undone) - 1 - steps.undone[::-1].index(name) if name in steps.undone else -1 for name in wanted]
    return -1 not in last and last == sorted(last)


def expected_v3_10(steps):
    wanted = []
    if not steps.has("prepare_bprm_creds") and "free_bprm" not in steps.undone:
        return wanted                       # nothing was allocated
    if steps.has("bprm_mm_init") and not steps.has("exec_mmap"):
        wanted.append("mmput")              # out
    if steps.has("check_unsafe_exec"):
        wanted += ["in_exec", "in_execve"]  # out_unmark
    wanted.append("free_bprm")              # out_free
    if steps.has("prepare_bprm_creds") and not steps.has("commit_creds"):
        wanted.append("abort_creds")
    return wanted


def expected_v6_1(steps):
    wanted = []
    if not steps.has("alloc_bprm"):
        return ["putname"]
    if steps.has("prepare_bprm_creds"):
        if steps.has("bprm_creds_from_file"):
            wanted.append("force_sig_info_to_task")     # bprm_execve out: past the point of no return
        wanted += ["in_exec", "in_execve"]              # out_unmark
    wanted.append("free_bprm")                          # out_free
    if not steps.has("exec_mmap"):
        wanted.append("mmput")
    if steps.has("prepare_bprm_creds") and not steps.has("commit_creds"):
        wanted.append("abort_creds")
    return wanted + ["putname"]                         # out_ret


EXPECTED = {"v3.10": expected_v3_10, "v6.1": expected_v6_1}


def check_all(profile, execs):
    """execs: name -> an execution with `events` and `error`; those that failed are looked at."""
    wrong, looked_at = [], 0
    for name, execution in execs.items():
        if execution.error >= 0:
            continue
        looked_at += 1
        steps = Steps(execution.events)
        wanted = EXPECTED[profile](steps)
        if not last_steps(steps, wanted):
            order = [step for step in steps.undone if step in set(wanted)]
            wrong.append("%s: expected %s to end, got %s" % (name, wanted, order[-12:]))
    check(looked_at > 10, "only", looked_at, "failed")
    check(not wrong, "\n" + "\n".join(wrong))


# What copy_process does, in its order, and what undoes each step: copy_process_unwind of the calls files. "#": an object that is freed.
FORK_STEPS = (("dup_task_struct", "free_task"), ("copy_creds", "exit_creds"), ("copy_semundo", None), ("copy_files", "exit_files"),
              ("copy_fs", "exit_fs"), ("copy_sighand", "sighand_struct#"), ("copy_signal", "signal_struct#"), ("copy_mm", "mmput"),
              ("copy_namespaces", "exit_task_namespaces"), ("copy_io", None), ("copy_thread", None), ("alloc_pid", None))


def fork_order(failed):
    """What there is to undo when the step `failed` fails, last step first."""
    undo = []
    for step, undone_by in FORK_STEPS:
        if step == failed:
            return undo
        undo[:0] = [undone_by] if undone_by else []
    raise ValueError(failed)


def fork_undone(events):
    """What happened of it after the injected failure until copy_process ended."""
    names, found, failed = {undone_by for _, undone_by in FORK_STEPS}, [], False
    for event in events:
        if event["kind"] == "return" and event.get("injected"):
            failed = True
        elif failed and event["kind"] == "return" and event["function"] == "copy_process":
            return found
        elif failed and event["kind"] == "call" and event["function"] in names:
            found.append(event["function"])
        elif failed and event["kind"] == "object_free" and event["object"].split("#")[0] + "#" in names:
            found.append(event["object"].split("#")[0] + "#")
    return None
