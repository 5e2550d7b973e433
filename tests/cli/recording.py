"""What of a run a trace records: -e, --window, --full-from, --steps; and runs that --replay a trace."""
import json
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import cases
from cases import check
from world import Tree, execscope, guest, needs

OPEN = ("header", "footer", "checkpoint", "unsupported", "truncated")


def hello():
    return "--", guest("hello.musl")


def recorded(*options, program=None, status=0):
    """The events of a trace that verifies."""
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/t.jsonl"
        result = execscope("trace", "-o", path, *options, *(program or hello()))
        check(result.status != 125, options, result)
        checked = execscope("verify", path)
        check(checked.status == status, options, checked)
        with open(path, encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
    check([event["seq"] for event in events] == list(range(len(events))), "a gap", options)
    return events


def kinds(events):
    return {event["kind"] for event in events} - set(OPEN)


def test_default_records_small_programs_whole():
    events = recorded()
    steps = [event for event in events if event["kind"] == "insn"]
    check(len(steps) == events[-1]["instructions"] and "truncated" not in {event["kind"] for event in events}, len(steps))
    check(any(event.get("symbol", "").startswith("main+0x") for event in steps), "no symbol", steps[-5:])
    bounded = recorded("--steps", "500")
    cut = [event for event in bounded if event["kind"] == "truncated"]
    check(sum(event["kind"] == "insn" for event in bounded) == 500, len(bounded))
    check(len(cut) == 1 and cut[0]["kinds"] == ["registers", "insn"] and "limit of 500" in cut[0]["reason"], cut)
    same = [event["kind"] for event in events if event["kind"] in ("call", "sys_enter", "vma", "set")]
    check(same == [event["kind"] for event in bounded if event["kind"] in ("call", "sys_enter", "vma", "set")], "the rest is recorded on")


def test_classes_names_and_pids():
    names = {event["name"] for event in recorded("-e", "trace=%memory,write", program=("--", guest("hello.gnu"))) if event["kind"] in ("sys_enter", "sys_exit")}
    check("write" in names and names - {"write"} and names <= {"write", "mmap", "munmap", "mprotect", "brk"}, names)
    events = recorded("-e", "trace=load_elf_binary,sched,writev")
    check(kinds(events) == {"call", "return", "sched_switch", "run_queue", "sys_enter", "sys_exit"}, kinds(events))
    check({event["function"] for event in events if event["kind"] in ("call", "return")} == {"load_elf_binary"}, events)
    fork = ("--", guest("vfork.gnu"))
    both = recorded("-e", "trace=syscall,task", program=fork)
    one = recorded("-e", "trace=syscall,task", "-e", "pid=3", program=fork)
    wanted = [event["kind"] for event in both if event["pid"] == 3 or event["kind"] in OPEN]
    check([event["kind"] for event in one] == wanted and len(wanted) < len(both), len(one), len(wanted))
    options = {name: value for name, value in one[0]["options"].items() if name != "cwd"}
    check(options == {"only": ["pid=3"], "partly": "syscall,task"}, one[0])


def test_windows():
    whole = recorded("-e", "trace=all")
    steps = [event["address"] for event in whole if event["kind"] == "insn"]

    def window(text, *options):
        events = recorded("-e", "trace=syscall", "--window", text, *options)
        check(kinds(events) <= {"insn", "registers", "sys_enter", "sys_exit"} and "sys_enter" in kinds(events), kinds(events))
        return [event for event in events if event["kind"] == "insn"], events

    seen, events = window("300:20")
    check([event["address"] for event in seen] == steps[299:319] and seen[0]["insn"] == 300, len(seen))
    check([event["reason"] for event in events if event["kind"] == "truncated"] == ["end of the window of 20 instructions"], events)
    seen, _ = window("main:7")
    check(len(seen) == 7 and seen[0]["symbol"] == "main+0x0", seen)
    check(window(seen[0]["address"] + ":7")[0] == seen, "by address")
    seen, _ = window("do_exit")
    check(0 < len(seen) < 300, "init, behind the program's end", len(seen))
    check(window("no_such_function")[0] == [], "never")


def test_full_from():
    events = recorded("--full-from", "main")
    first = next(i for i, event in enumerate(events) if event["kind"] not in OPEN)
    check(events[first]["kind"] == "insn" and events[first]["symbol"] == "main+0x0", events[:3])
    check({"insn", "call", "set", "pte", "registers"} <= kinds(events), kinds(events))
    events = recorded("-e", "trace=task", "--full-from", "do_exit")
    first = next(i for i, event in enumerate(events) if event["kind"] == "call")
    check(events[first]["function"] == "do_exit" and kinds(events[:first]) <= {"task", "sched_process_fork", "sched_process_exec", "sched_process_exit"},
          kinds(events[:first]))


def test_window_never_reached():
    for options, said in ((("--window", "nosuch:3"), "--window nosuch was"), (("--full-from", "nosuch"), "--full-from nosuch was"),
                          (("--window", "999999999"), "--window 999999999 was"), (("--window", "main:3"), ""), ((), "")):
        with tempfile.TemporaryDirectory() as folder:
            result = execscope("trace", "-o", folder + "/t.jsonl", *options, *hello())
            check(result.status == 3 and said in result.stderr.decode(), options, result)
            check(("never reached" in result.stderr.decode()) == bool(said), options, result)


def test_usage():
    for options, words in ((("-e", "trace=%nothing"), ("%nothing", "%memory")), (("-e", "trace=no_such_call"), ("no_such_call", "v3.10")),
                           (("-e", "pid=x"), ("'x'",)), (("-e", "quiet=all"), ("quiet=all",)), (("--window", "main:0"), ("main:0",)),
                           (("--window", "12x"), ("12x",)),
                           (("--window", ""), ("--window",)), (("--window", ":3"), ("--window",)), (("--window=-x:3",), ("-x",)),
                           (("--full-from", ""), ("--full-from",)), (("--full-from=-x",), ("-x",)), (("--steps", "0"), ("--steps",)),
                           (("--window", "main", "--full-from", "main"), ("exclude",)), (("--replay", "/no/such"), ("/no/such",)),
                           (("--replay", "/dev/null"), ("no events",)), (("--replay", "x", "--verify-determinism"), ("--verify-determinism",)),
                           (("--replay", "-"), ("twice", "standard input")), (("-e", "trace="), ("names nothing",)),
                           (("-e", "trace=!wrote"), ("!wrote",)), (("--window", "main:10", "--steps", "5"), ("--window main:10", "--steps")),
                           (("--full-from", "main", "--steps", "5"), ("--window",)), (("-e", "trace=syscall", "--steps", "5"), ("no instructions",))):
        with tempfile.TemporaryDirectory() as folder:
            result = execscope("trace", "-o", folder + "/t", *options, *hello())
            check(result.status == 125 and result.stdout == b"" and not os.path.exists(folder + "/t"), options, result)
            for word in words:
                check(word in result.stderr.decode(), options, word, result)


def test_left_out_by_name():
    every, some = recorded("-e", "trace=all"), recorded("-e", "trace=!write,!%memory,!mmap_region")
    check(some[0]["options"]["only"] == ["trace=!write,!%memory,!mmap_region"] and some[0]["options"]["partly"] == "call,return,syscall", some[0])
    gone = lambda event: event.get("function") == "mmap_region" or (event["kind"] in ("sys_enter", "sys_exit") and event["name"] in ("write", "mmap", "brk", "munmap"))
    kept = [event for event in every[1:-1] if not gone(event)]
    plain = lambda event: {key: value for key, value in event.items() if key != "seq"}
    check(len(kept) < len(every) - 2 and list(map(plain, kept)) == list(map(plain, some[1:-1])), len(kept), len(some))
    few = recorded("-e", "trace=syscall,!write")
    check(kinds(few) == {"sys_enter", "sys_exit"} and not any(event.get("name") == "write" for event in few), few[:9])


def test_instructions_alone_verify():
    """Their addresses follow each other, and the registers are what they made of them; window and steps go together."""
    for program in (hello(), ("--", guest("fork_tree.musl"))):
        check(kinds(recorded("-e", "trace=insn", program=program)) == {"insn", "registers"}, "kinds")
    check(sum(event["kind"] == "insn" for event in recorded("--window", "main", "--steps", "5")) == 5, "steps of a window")
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/t.jsonl"
        execscope("trace", "-e", "trace=insn", "-o", path, *hello())
        with open(path, encoding="utf-8") as file:
            lines = file.readlines()
        entered = [i for i, line in enumerate(lines) if line.startswith('{"kind":"registers"')]
        at = max(i for i in range(entered[1]) if '"kind":"insn"' in lines[i] and '"rdi":"0x' in lines[i])
        for old, new in (('"rdi":"0x', '"rdi":"0x1'), ('"address":"0x', '"address":"0x1')):
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(lines[:at] + [lines[at].replace(old, new)] + lines[at + 1:])
            wrong = execscope("verify", path)
            check(wrong.status == 1 and (b"registers were not" in wrong.stdout or b"next instruction" in wrong.stdout), old, wrong)


def test_two_traces_from_standard_input():
    result = execscope("diff", "-", "-", stdin=b"")
    check(result.status == 125 and b"standard input" in result.stderr, result)


def test_replay():
    """The same trace without the input; what goes otherwise is said with its place."""
    with tempfile.TemporaryDirectory() as folder:
        first, second = folder + "/a.jsonl", folder + "/b.jsonl.zst"

        def run(*options, stdin=b"", program=("--", guest("stdin.gnu"))):
            return execscope("trace", "-e", "trace=all", *options, *program, stdin=stdin)

        def differs(*options, words):
            result = run(*options, "-o", second)
            check(result.status == 125, options, result)
            for word in words:
                check(word in result.stderr.decode(), word, result)

        made = run("-o", first, stdin=b"some input\nand more")
        again = run("-o", second, "--replay", first)
        check(made.status == again.status != 125 and made.stdout == again.stdout and made.stdout, made, again)
        check(execscope("diff", first, second).status == 0)
        check(run("-o", first, "--replay", first).status == 125, "over itself")
        differs("--replay", first, "--seed", "7", words=("'seed'",))
        with open(first, encoding="utf-8") as file:
            lines = file.readlines()
        inputs = [i for i, line in enumerate(lines) if line.startswith('{"kind":"input"')]
        check(inputs and b"some input" in bytes.fromhex(json.loads(lines[inputs[0]])["bytes"]), lines[inputs[0]])

        def changed(change, *words):
            with open(first, "w", encoding="utf-8") as file:
                file.writelines(change(list(lines)))
            differs("--replay", first, words=words)

        changed(lambda all: [line for i, line in enumerate(all) if i != inputs[-1]], "reads stdin once more", "at instruction")
        changed(lambda all: all[:inputs[-1]] + [all[inputs[-1]].replace('"insn":', '"insn":9')] + all[inputs[-1] + 1:], "line %d recorded input" % (inputs[-1] + 1))
        changed(lambda all: all[:-1] + [all[inputs[-1]]] + all[-1:], "it ended before")
        changed(lambda all: all[:-5] + [all[-5].replace('"seq":', '"seq":1')] + all[-4:], "from line %d" % (len(lines) - 4))
        changed(lambda all: all[:inputs[0]] + [all[inputs[0]].replace("stdin", "terminal")] + all[inputs[0] + 1:], "terminal")
        with open(first, "w", encoding="utf-8") as file:
            file.writelines([lines[0].replace(',"categories":"all"', ""), *lines[1:]])
        check(run("-o", second, "--replay", first).status == made.status, "without categories")


def test_replay_takes_the_options_of_the_run():
    """From the header, those that are not given; one that is given otherwise is named before the program runs."""
    world = ("--profile", "v6.1", "--cpu", "x86-64-v2", "--seed", "5", "--uid", "1000", "--gid", "100", "--sched", "random", "--aslr", "--chdir", "/tmp",
             "--max-instructions", "500", "--disk", "7", "--memory", "64", "--inject", "load_elf_binary:error=EIO:when=9")
    others = (("--profile", "v3.10"), ("--cpu", "x86-64-v3"), ("--seed", "0"), ("--uid", "0"), ("--gid", "0"), ("--sched", "rr"), ("--chdir", "/"),
              ("--max-instructions", "501"), ("--disk", "8"), ("--memory", "65"), ("--inject", "load_elf_binary:error=EIO:when=8"))
    with tempfile.TemporaryDirectory() as folder:
        first, second = folder + "/a.jsonl", folder + "/b.jsonl"
        made = execscope("trace", "-o", first, *world, *hello())
        again = execscope("trace", "-o", second, "--replay", first, *hello())
        check(made.status == again.status == 125 and made.stdout == again.stdout == b"" and b"500" in again.stderr, made, again)
        with open(first, "rb") as one, open(second, "rb") as two:
            lines = one.read()
            check(lines == two.read(), "another trace")
        check(json.loads(lines.split(b"\n")[0])["options"] ==
              {"uid": 1000, "gid": 100, "sched": "random", "aslr": True, "chdir": "/tmp", "max_instructions": 500, "disk": 7,
               "inject": [world[-1]], "steps": 20000}, lines[:1000])
        for option, value in others:
            other = execscope("trace", "-o", second, "--replay", first, option, value, *hello())
            name = {"memory": "frames"}.get(option[2:], option[2:].replace("-", "_"))
            check(other.status == 125 and b"--replay: '" in other.stderr and name + "'" in other.stderr.decode(), option, other)
        for old, new in ((b'"uid":1000', b'"uid":"1000"'), (b'"disk":7', b'"disk":0'), (b'"sched":"random"', b'"sched":"most"'),
                         (b'"aslr":true', b'"aslr":1'), (b'"profile":"v6.1"', b'"profile":"v9"'), (b'"frames":16384', b'"frames":16385')):
            check(old in lines, old)
            with open(first, "wb") as file:
                file.write(lines.replace(old, new, 1))
            wrong = execscope("trace", "-o", second, "--replay", first, *hello())
            check(wrong.status == 125 and old.split(b'"')[1] in wrong.stderr and b"header" in wrong.stderr, new, wrong)


def test_the_program_is_hashed_as_the_guest_finds_it():
    """Through symbolic links, absolute ones too, inside the guest's root; from its directory."""
    with Tree() as tree:
        tree.copy(guest("hello.musl"), "/opt/hello")
        os.makedirs(tree.path + "/bin")
        os.symlink("/opt/hello", tree.path + "/bin/absolute")
        os.symlink("absolute", tree.path + "/bin/hello")

        def found(*options):
            result = execscope("trace", "-e", "trace=input", "-o", "-", *options)
            return json.loads(result.stdout.split(b"\n")[0])["program_hash"]
        plain = found("--", tree.path + "/opt/hello")
        check(plain != "0x0" and plain == found("--", tree.path + "/opt/../opt/hello"), plain)
        for options in (("/bin/hello",), ("--chdir", "/bin", "--", "./hello"), ("hello",)):
            check(found("--root", tree.path, *options) == plain, options)
        check(found("--root", tree.path, "/nowhere") == "0x0", "nowhere")


def test_replay_of_a_small_trace_records_all():
    """A trace of nothing but the input becomes every trace that could have been made: without the program's arguments, from elsewhere."""
    script = "read a; echo $a-$X $PWD; read b; echo $b"
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as elsewhere:
        shell = folder + "/sh"
        shutil.copy(needs("/bin/busybox"), shell)
        small = folder + "/small.jsonl"

        def trace(*options, stdin=b"", cwd=elsewhere):
            return execscope("trace", *options, stdin=stdin, cwd=cwd)

        made = trace("-e", "trace=input", "-E", "X=y", "--aslr", "--seed", "7", "-o", small, "--", "./sh", "-c", script, stdin=b"one\ntwo\n", cwd=folder)
        check(made.stdout == b"one-y %s\ntwo\n" % folder.encode() and made.status == 0, made)
        for name, options in (("a.jsonl", ("-e", "trace=all")), ("b.trace.zst", ("-e", "trace=all")), ("c.jsonl", ("-e", "trace=syscall", "--window", "do_exit:5")),
                              ("d.jsonl", ("--full-from", "do_exit")), ("e.jsonl", ("--steps", "100")), ("f.jsonl", ("-e", "trace=input"))):
            again = trace("--replay", small, "-o", folder + "/" + name, *options)
            check((again.status, again.stdout) == (0, made.stdout), name, again)
            check(execscope("verify", folder + "/" + name).status == 0, name)
        direct = trace("-e", "trace=all", "-E", "X=y", "--aslr", "--seed", "7", "-o", folder + "/direct.jsonl", "--", "./sh", "-c", script,
                       stdin=b"one\ntwo\n", cwd=folder)
        check(direct.status == 0)
        with open(folder + "/a.jsonl", "rb") as one, open(folder + "/direct.jsonl", "rb") as two, open(folder + "/f.jsonl", "rb") as three, open(small, "rb") as four:
            whole, few = one.read(), four.read()
            check(whole == two.read() and few == three.read(), "another trace than of the run itself")
        rendered = execscope("export", "--format", "jsonl", folder + "/b.trace.zst")
        check(rendered.stdout == whole, "compact")
        os.rename(shell, folder + "/moved")
        gone = trace("--replay", small, "-o", folder + "/g.jsonl")
        check(gone.status == 125 and b"program_hash" in gone.stderr, gone)
        moved = trace("--replay", small, "-o", folder + "/g.jsonl", folder + "/moved")
        check((moved.status, moved.stdout) == (0, made.stdout), moved)
        for options, words in ((("-E", "X=z"), b"'env'"), (("--path-as", "/p"), b"'program'"), (("--root", "/"), b"--replay: '"), (("--bind", "/etc/hosts"), b"'options.bind'"),
                               (("--chdir", "/"), b"'options.")):
            other = trace("--replay", small, "-o", folder + "/g.jsonl", *options, folder + "/moved")
            check(other.status == 125 and words in other.stderr and other.stdout == b"", options, other)
        with open(small, "wb") as file:
            file.write(few.replace(b'"argv":["./sh",', b'"argv":[7,', 1))
        check(b"'argv' of its header" in trace("--replay", small, "-o", folder + "/g.jsonl").stderr, "hostile")
        os.rename(folder + "/moved", shell)
        execscope("trace", "-e", "trace=syscall", "-o", small, "--", shell, "-c", script, stdin=b"x\n")
        check(b"category input" in trace("--replay", small, "-o", folder + "/g.jsonl").stderr, "without input")


if __name__ == "__main__":
    cases.run(__name__)
