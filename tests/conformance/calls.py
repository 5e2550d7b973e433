"""The call trees of the specification (calls-v3.10.txt, calls-v6.1.txt) and whether the kernel model follows them.

One node a line, indented by depth: id, then the function; `=entry` refers to another entry. After the name: `?` done only under
a condition, `~` reached through functions that are not named, `<` nested as an argument and so called before its neighbours.
`python3 calls.py FILE` makes such a text of a calls-*.json of the specification."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib")]
from traces import events_of    # noqa: E402

MARKS = {"if": "?", "indirect": "~", "argument-evaluation": "<"}


class Node:
    def __init__(self, identity, name, marks, parent):
        self.id, self.name, self.marks, self.parent, self.calls = identity, name, marks, parent, []

    @property
    def is_reference(self):
        return self.name.startswith("=")

    @property
    def unconditional(self):
        return "?" not in self.marks

    def everything(self):
        yield self
        for child in self.calls:
            yield from child.everything()


def load(path):
    """{entry: [nodes]}"""
    entries, above = {}, []
    with open(path, encoding="utf-8") as file:
        for line in filter(str.strip, file):
            depth, words = (len(line) - len(line.lstrip())) // 2, line.split()
            if depth == 0:
                entry = entries[words[0]] = []
                above = []
                continue
            del above[depth - 1:]
            parent = above[-1] if above else None
            node = Node(f"{list(entries)[-1]}.{words[0]}", words[1], "".join(words[2:]), parent)
            (parent.calls if parent else entry).append(node)
            above.append(node)
    return entries


def write(specification):
    for entry in specification["entry_points"]:
        print(entry["id"])
        for step in entry["steps"]:
            write_node(step, entry["id"], 1, "")


def write_node(node, entry, depth, condition):
    marks = condition or MARKS["if"] * ("if" in node)
    if "fn" not in node and "ref" not in node:      # a step inside its parent: what it calls, the parent calls
        for child in node.get("calls", []):
            write_node(child, entry, depth, marks)
        return
    marks += MARKS.get(node.get("order_check"), "")
    name = node.get("fn") or "=" + node["ref"]
    print("  " * depth + " ".join(filter(None, [node["id"].removeprefix(entry + "."), name, marks])))
    for child in node.get("calls", []):
        write_node(child, entry, depth + 1, "")


class Model:
    """What the traces show: every call of a function, with the names of its calls in order and of all below it."""

    def __init__(self):
        self.seen = {}

    def read(self, path):
        tasks = {}
        for event in events_of(path, "call", "return"):
            stack = tasks.setdefault(event["pid"], [])
            if event["kind"] == "call":
                self.call(stack, event["function"])
            elif stack:
                stack.pop()

    def call(self, stack, name):
        name = plain(name)
        for above, direct in zip(reversed(stack), (True, *[False] * len(stack))):
            above[1].append(name)
            if direct:
                above[0].append(name)
        stack.append(([], []))
        self.seen.setdefault(name, []).append(stack[-1])

    def reduce(self):
        """Equal calls say nothing new."""
        self.seen = {name: list({(tuple(a), tuple(b)): (a, b) for a, b in calls}.values()) for name, calls in self.seen.items()}


def plain(name):
    """v6.1 calls a system call's function __x64_sys_NAME or __do_sys_NAME."""
    return name.replace("__x64_sys_", "sys_").replace("__do_sys_", "sys_")


def in_order(call, wanted):
    """The nodes of `wanted` that `call` made, one after the other; the names of a node are alternatives."""
    direct, below = call
    position, found = 0, set()
    for node, names in wanted:
        if "~" in node.marks or (node.is_reference and not names & set(direct)):
            if names & set(below):
                found.add(node.id)
            continue
        at = next((i for i in range(position, len(direct)) if direct[i] in names), None)
        if at is not None:
            found.add(node.id)
            position = at + 1
    return found


class Check:
    def __init__(self, entries, model, branches):
        self.entries, self.model, self.branches = entries, model, branches

    def names(self, node):
        if not node.is_reference:
            return {plain(node.name)}
        return {plain(root.name) for root in self.entries[node.name[1:]] if not root.is_reference}

    def wanted(self, node, also=()):
        """What every call of the function makes. A reference to an entry that holds the function says only where more stands."""
        children = []
        for child in node.calls:
            inside = child.is_reference and any(n.name == node.name for root in self.entries[child.name[1:]] for n in root.everything())
            branch = child.id in self.branches and child.id not in also
            if child.unconditional and not inside and not branch and "<" not in child.marks:
                children.append((child, self.names(child)))
        return children

    def failures(self, left_out):
        """Ids of unconditional functions that the model does not show where they belong."""
        wrong = {}
        for roots in self.entries.values():
            for root in roots:
                for node in root.everything():
                    self.look(node, left_out, wrong)
        return wrong

    def look(self, node, left_out, wrong):
        if node.is_reference or left_out(node):
            return
        calls = self.model.seen.get(plain(node.name), [])
        if not calls:
            if node.unconditional or any(child.unconditional for child in node.calls):
                wrong[node.id] = f"{node.name} is never called"
            return
        for branch in (None, *[child for child in node.calls if child.id in self.branches]):
            self.order(node, calls, left_out, wrong, branch)
        for child in node.calls:
            if "<" in child.marks and not any(plain(child.name) in below for _, below in calls):
                wrong[child.id] = f"{node.name} does not call {child.name}"

    def order(self, node, calls, left_out, wrong, branch):
        wanted = [(c, names) for c, names in self.wanted(node, (branch.id,) if branch else ()) if not left_out(c)]
        if branch and not left_out(branch):     # up to it: a branch may be the end
            wanted = wanted[:1 + next(i for i, (c, _) in enumerate(wanted) if c is branch)]
        elif branch:
            return
        best = max((in_order(call, wanted) for call in calls), key=len)
        for child, _ in wanted:
            if child.id not in best:
                wrong[child.id] = f"{node.name} does not call {child.name} in its place"


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as source:
        write(json.load(source))
