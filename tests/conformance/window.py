"""The call trees of a trace's tasks inside the window that a scenario marks (ground truth, gt.c): it writes to descriptors 201
and 200 to switch tracing on, and to 200 alone to switch it off, as often as it likes. A task that is born inside belongs to the
window for all its life: whether it ran before its parent ended the window is the scheduler's choice."""
import json

import trees

FIRST, MARK = "0xc9", "0xc8"
NEEDED = ('"kind":"call"', '"kind":"return"', '"kind":"sys_enter"', '"kind":"sys_exit"', '"kind":"sched_process_fork"',
          '"kind":"sched_process_exec"', '"kind":"header"')


class Task:
    def __init__(self):
        self.roots = []     # of the window
        self.open = []      # nodes of calls that have not returned; None: made before the window


class Window:
    def __init__(self):
        self.tasks = {}
        self.on = False
        self.marked = None  # pid that marked first
        self.last = {}      # descriptor of each task's last two writes
        self.born = set()   # pids of tasks made inside

    def task(self, pid):
        return self.tasks.setdefault(pid, Task())

    def call(self, event):
        task = self.task(event["pid"])
        if not self.on and event["pid"] not in self.born:
            task.open.append(None)
            return
        node = {"fn": event["function"], "calls": []}
        parent = next((n for n in reversed(task.open) if n is not None), None)
        (parent["calls"] if parent else task.roots).append(node)
        task.open.append(node)

    def ret(self, event):
        task = self.task(event["pid"])
        if task.open:
            task.open.pop()

    def enter(self, event):
        if event["name"] != "write":
            return
        before = self.last.get(event["pid"])
        self.last[event["pid"]] = event["raw"][0]
        if event["raw"][0] == MARK and before != FIRST:
            self.last[event["pid"]] = "off"
        elif event["raw"][0] == MARK:
            self.last[event["pid"]] = "on"

    def exit(self, event):
        if event["name"] == "write" and self.last.get(event["pid"]) == "off":
            self.last[event["pid"]] = None
            self.on = self.on and event["result"] < 0      # closed on exec: the program that was executed cannot switch it off
        if event["name"] == "write" and self.last.get(event["pid"]) == "on":
            self.last[event["pid"]] = None
            self.on = True
            self.marked = self.marked or event["pid"]


def roots_of(nodes):
    """Frames above the first function a skeleton may begin with (the assembly of the entry) are left out."""
    found = []
    for node in nodes:
        found += [node] if trees.is_root(node["fn"]) else roots_of(node["calls"])
    return found


def read(path):
    """{"main": roots, "task1": roots, ...}; main is gt's child that runs the scenario, the others are its descendants."""
    window = Window()
    children = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.startswith("{") or not any(kind in line[:40] for kind in NEEDED):
                continue
            event = json.loads(line)
            kind = event["kind"]
            if kind == "call":
                window.call(event)
            elif kind == "return":
                window.ret(event)
            elif kind == "sys_enter":
                window.enter(event)
            elif kind == "sys_exit":
                window.exit(event)
            elif kind == "sched_process_fork":
                children.append((event["pid"], event["child_pid"]))
                if window.on:
                    window.born.add(event["child_pid"])
    return named(window, children)


def named(window, children):
    parent = {child: father for father, child in children}
    marked = window.marked
    if marked is None:
        raise ValueError("the trace has no window: nothing was written to descriptors 201 and 200")
    main = marked               # gt (3) forks the scenario's process, which may have forked the one that marks
    while parent.get(parent.get(main)) not in (None, 1, 0):
        main = parent[main]
    family = [main]
    for father, child in children:
        if father in family:
            family.append(child)
    names = ["main"] + [f"task{i}" for i in range(1, len(family))]
    return {name: roots_of(window.task(pid).roots) for name, pid in zip(names, family)}
