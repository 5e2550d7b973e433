"""Call trees of a skeleton and of a trace, and how well they agree.

A node is [name, optional, children]. Only the names of functions.json count, without those of unmodelled.json; other nodes
are left out and their children take their place. `optional` nodes are functions that Linux inlines: the capture shows them
only when they made a traced call, so one that the model has and the skeleton lacks is left out too."""
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "linux-6.1")


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


class Names:
    """Which functions are compared, and which of them Linux inlines."""

    def __init__(self):
        self.unmodelled = load(os.path.join(HERE, "unmodelled.json"))
        self.functions = {f["fn"]: f for f in load(os.path.join(DATA, "functions.json"))["functions"]}

    def counts(self, name):
        return name in self.functions and name not in self.unmodelled

    def optional(self, name, parent):
        """May be missing in the capture although it ran: everywhere inlined, or here."""
        state = self.functions[name]["state"]
        if state == "inlined everywhere":
            return True
        return state == "out of line and also inlined" and parent in self.functions[name].get("inlined_into", [])


def system_call(name):
    """One name for the entry of a system call: __do_sys_fork and __x64_sys_fork are the same symbol."""
    return name.replace("__do_sys_", "__x64_sys_")


def is_root(name):
    return name.startswith(("__x64_sys_", "__do_sys_")) or name in (
        "do_user_addr_fault", "exit_to_user_mode_prepare", "ret_from_fork")


def kept(names, node, parent):
    """The nodes that stand for `node` once what does not count is left out."""
    name, children = node["fn"], node.get("calls", [])
    if not names.counts(name):
        return [k for child in children for k in kept(names, child, parent)]
    below = [k for child in children for k in kept(names, child, name)]
    return [[name, names.optional(name, parent), merge_loops(below)]]


def merge_loops(nodes):
    """The capture shows a loop over an inlined function as one node."""
    merged = []
    for node in nodes:
        if merged and node[1] and merged[-1][0] == node[0]:
            merged[-1] = [node[0], True, merge_loops(merged[-1][2] + node[2])]
        else:
            merged.append(node)
    return merged


def repeated(node):
    """The node with every `n` spelled out."""
    calls = [copy for child in node.get("calls", []) for copy in [repeated(child)] * child.get("n", 1)]
    return {"fn": node["fn"], "calls": calls}


def size(nodes):
    return sum(1 + size(node[2]) for node in nodes)


def required(nodes):
    """How many extra nodes these are if the kernel has none of them."""
    return sum((0 if node[1] else 1) + required(node[2]) for node in nodes)


class Alignment:
    """The best way to lay the model's list of nodes over the skeleton's, in order. Score: matched minus extra nodes."""

    def __init__(self):
        self.memo = {}
        self.keep = []      # identities in the memo must stay alive

    def chain(self, nodes):
        """A list as linked cells, so that a node can be replaced by its children without copying the rest."""
        cell = None
        for node in reversed(nodes):
            cell = (node, cell)
            self.keep.append(cell)
        return cell

    def expand(self, cell):
        key = ("expand", id(cell))
        if key not in self.memo:
            rest = cell[1]
            for child in reversed(cell[0][2]):
                rest = (child, rest)
                self.keep.append(rest)
            self.memo[key] = rest
        return self.memo[key]

    def pair(self, wanted, got):
        key = ("pair", id(wanted), id(got))
        if key not in self.memo:
            self.keep += [wanted, got]
            self.memo[key] = 1 + self.best(wanted[2], 0, self.chain(got[2]))[0]
        return self.memo[key]

    def best(self, wanted, at, cell):
        """(score, what to do with the first nodes)"""
        key = (id(wanted), at, id(cell))
        if key in self.memo:
            return self.memo[key]
        self.keep.append(wanted)
        if cell is None:
            result = (0, "missing" if at < len(wanted) else "end")
        elif at == len(wanted):
            rest = self.best(wanted, at, cell[1])[0]
            result = (rest - required([cell[0]]), "extra")
        else:
            result = self.choose(wanted, at, cell)
        self.memo[key] = result
        return result

    def choose(self, wanted, at, cell):
        options = []
        if wanted[at][0] == cell[0][0]:
            options.append((self.pair(wanted[at], cell[0]) + self.best(wanted, at + 1, cell[1])[0], "match"))
        options.append((self.best(wanted, at + 1, cell)[0], "missing"))
        if cell[0][1]:
            options.append((self.best(wanted, at, self.expand(cell))[0], "expand"))
        options.append((self.best(wanted, at, cell[1])[0] - required([cell[0]]), "extra"))
        return max(options, key=lambda option: option[0])

    def report(self, wanted, nodes, path, out):
        self.walk(wanted, 0, self.chain(nodes), path, out)

    def walk(self, wanted, at, cell, path, out):
        while cell is not None or at < len(wanted):
            step = self.best(wanted, at, cell)[1]
            if step == "match":
                out["matched"] += 1
                self.report(wanted[at][2], cell[0][2], path + [wanted[at][0]], out)
                at, cell = at + 1, cell[1]
            elif step == "missing":
                self.missing(wanted[at], path, out)
                at += 1
            elif step == "expand":
                cell = self.expand(cell)
            else:
                self.extra(cell[0], path, out)
                cell = cell[1]

    def missing(self, node, path, out):
        out["missing"].append("/".join(path + [node[0]]))
        for child in node[2]:
            self.missing(child, path + [node[0]], out)

    def extra(self, node, path, out):
        if not node[1]:
            out["extra"].append("/".join(path + [node[0]]))
        for child in node[2]:
            self.extra(child, path + [node[0]], out)


def compare(names, skeleton, tasks):
    """skeleton: parsed file; tasks: {"main": [root, ...]} of the trace. The roots of a task are laid over each other in order;
    roots of the trace that the skeleton does not show are not what the scenario is about."""
    out = {"matched": 0, "missing": [], "extra": []}
    wanted = {}
    for root in skeleton["tree"]:
        wanted.setdefault(root["task"], []).append(root)
    for task, roots in wanted.items():
        align_roots(names, task, roots, tasks.get(task, []), out)
    out["nodes"] = out["matched"] + len(out["missing"]) + len(out["extra"])
    return out


def forest(names, root):
    """What counts of a root: itself if it is compared, else its children."""
    return merge_loops(kept(names, repeated(root), None))


MET = 100000     # a root that the trace has is compared, however little agrees below it


def align_roots(names, task, wanted, got, out):
    pairs = {}

    def tried(i, j):
        if (i, j) not in pairs:
            part = {"matched": 0, "missing": [], "extra": []}
            path = [task, system_call(wanted[i]["fn"])] if not names.counts(wanted[i]["fn"]) else [task]
            Alignment().report(forest(names, wanted[i]), forest(names, got[j]), path, part)
            pairs[i, j] = part
        return pairs[i, j]

    best = {}

    def score(i, j):
        """Best pairing of wanted[i:] with got[j:]."""
        if i == len(wanted) or j == len(got):
            return 0, None
        if (i, j) not in best:
            options = [(score(i, j + 1)[0], "skip"), (score(i + 1, j)[0], "missing")]
            if system_call(wanted[i]["fn"]) == system_call(got[j]["fn"]):
                part = tried(i, j)
                options.append((MET + part["matched"] - len(part["extra"]) + score(i + 1, j + 1)[0], "match"))
            best[i, j] = max(options, key=lambda option: option[0])
        return best[i, j]

    i = j = 0
    while i < len(wanted):
        step = score(i, j)[1]
        if step == "match":
            part = tried(i, j)
            out["matched"] += part["matched"]
            out["missing"] += part["missing"]
            out["extra"] += part["extra"]
            i, j = i + 1, j + 1
        elif step == "skip":
            j += 1
        else:
            for node in forest(names, wanted[i]):
                Alignment().missing(node, [task], out)
            i += 1
