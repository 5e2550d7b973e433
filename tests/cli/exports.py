"""What execscope export writes, as independent readers of the formats see it."""
import csv
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import cases
from cases import Options, check
from traced import Traced
from traces import events_of
from world import execscope, guest, needs


def test_perfetto():
    """Slices nest on every thread, arrows begin before they end and inside of a slice; as the format demands."""
    with Traced("trace", "--", guest("fork_tree.gnu")) as traced:
        with open(traced.export("perfetto"), encoding="utf-8") as file:
            events = json.load(file)["traceEvents"]
        forks = list(events_of(traced.path, "sched_process_fork"))
        exits = list(events_of(traced.path, "sched_process_exit"))
        calls = sum(1 for _ in events_of(traced.path, "call", "sys_enter"))
        copies = sum(event["source"] == "copy" for event in events_of(traced.path, "page_fill"))
    open_slices, arrows, last, begun = {}, {}, 0, 0
    for event in events:
        if event["ph"] == "M":
            continue
        thread = (event["pid"], event["tid"])
        check(event["ts"] >= last, "time goes back:", event)
        last = event["ts"]
        stack = open_slices.setdefault(thread, [])
        if event["ph"] == "B":
            stack.append(event["name"])
            begun += event["cat"] in ("kernel", "syscall")
        elif event["ph"] == "E":
            check(stack, "an end without a beginning:", event)
            stack.pop()
        elif event["ph"] in "sf":
            check(stack, "an arrow on nothing:", event)
            arrows.setdefault(event["id"], []).append((event["ph"], event["name"], event["tid"]))
    check(begun == calls and not any(open_slices.values()), begun, calls, open_slices)
    check(all([step[0] for step in arrow] in (["s", "f"], ["s"]) for arrow in arrows.values()), arrows)
    drawn = [(arrow[0][1], arrow[0][2], arrow[1][2]) for arrow in arrows.values() if len(arrow) == 2]
    for fork in forks:
        check(("fork", fork["parent_pid"], fork["child_pid"]) in drawn, fork, drawn)
    check(sum(name == "wait" for name, _, _ in drawn) == len(exits), "each is waited for:", drawn)
    check(sum(name == "exec" and begin == end for name, begin, end in drawn) == 2, "init's and the program's:", drawn)
    names = {(event["tid"], event["args"]["name"]) for event in events if event["ph"] == "M" and event["name"] == "process_name"}
    check((1, "init") in names and (3, "fork_tree.gnu") in names, names)
    counters = {}
    for event in events:
        if event["ph"] == "C":
            counters[event["pid"], event["name"]] = event["args"]["pages"]
    check(sum(n for (_, name), n in counters.items() if name == "COW copies") == copies > 0, counters)
    check(any(name.startswith("pages of mm_struct#") for _, name in counters), counters)


def test_csv():
    with Traced() as traced:
        with open(traced.export("csv"), encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        wanted = list(events_of(traced.path))
    check(len(rows) == len(wanted), len(rows), len(wanted))
    for row, event in zip(rows, wanted):
        for key, value in event.items():
            seen = row[key]
            same = json.loads(seen) == value if isinstance(value, (dict, list, bool)) else seen == ("null" if value is None else str(value))
            check(same, key, repr(seen), "is not", repr(value))
        check(sum(bool(cell) for cell in row.values()) <= len(event), row, event)


def test_sqlite():
    with Traced() as traced:
        database = sqlite3.connect(traced.export("sqlite"))
        database.row_factory = sqlite3.Row
        events = list(events_of(traced.path))
        for event in events:
            table = event["kind"] + ("_" if event["kind"] in ("set", "check") else "")
            row = database.execute(f"SELECT * FROM {table} WHERE seq = ?", (event["seq"],)).fetchone()
            for key, value in event.items():
                if key == "kind":
                    continue
                seen = row["from_" if key == "from" else key]
                if isinstance(seen, bytes):
                    seen = seen.hex()
                elif isinstance(value, (dict, list)):
                    seen = json.loads(seen)
                elif isinstance(value, str) and isinstance(seen, int):
                    seen = hex(seen & (1 << 64) - 1)
                check(seen == value, event, key, seen)
        check(database.execute("SELECT count(*) FROM events").fetchone()[0] == len(events))
        returned = sum(event["kind"] == "return" for event in events)
        ended = database.execute("SELECT count(*) FROM calls WHERE end_seq IS NOT NULL").fetchone()[0]
        check(returned - 4 <= ended <= returned, "all but the returns of __switch_to into a new task:", ended, returned)
        broken = database.execute("SELECT count(*) FROM calls c JOIN calls p ON c.parent = p.seq WHERE NOT (c.pid = p.pid AND "
                                  "c.depth > p.depth AND p.seq < c.seq AND coalesce(c.end_seq <= p.end_seq, 1))").fetchone()[0]
        check(broken == 0, broken, "calls are not inside their callers")


def test_ftrace():
    """As function_graph prints: every call is a leaf or closed as deep as it was opened, with what it took."""
    with Traced("trace", "--", guest("fork_tree.gnu")) as traced:
        with open(traced.export("ftrace"), encoding="utf-8") as file:
            text = file.read()
        calls = [(event["pid"], event["insn"]) for event in events_of(traced.path, "call")]
        switches = list(events_of(traced.path, "sched_switch"))
    check(text.startswith("# tracer: function_graph\n#\n"), text[:100])
    rule = re.escape(" ------------------------------------------\n")
    text, blocks = re.subn(rule + r" 0\) .{14,} => .{14,}\n" + rule + r"\n", "", text)
    check(blocks >= len(switches) // 2 > 3, blocks, len(switches))
    line = re.compile(r"^ *(\d+)\.(\d{6}) \|   0\) +\S*?-(\d+) +\| ([ +!#*@$]) (?:([\d.]{5,7}) us +|            )\|  ((?:  )*)(\w.*\(\)( \{|;)|\}|/\*.*\*/)$")
    stacks, begun, took = {}, [], 0
    for row in text.splitlines()[4:]:
        found = line.match(row)
        check(found, "is no line of function_graph:", row)
        pid, depth = int(found[3]), len(found[6]) // 2
        stack, time = stacks.setdefault(pid, []), int(found[1]) * 1000000 + int(found[2])
        check(bool(found[5]) == (found[7] == "}" or found[8] == ";"), "has a duration or lacks one:", row)
        if found[7].startswith("/*"):
            continue
        if found[7] == "}":
            del stack[depth + 1:]       # tasks that died in a function
            check(len(stack) == depth + 1, row, stack)
            duration = time - stack.pop()
            check(float(found[5]) == duration, row, duration)
            took += duration > 0
        else:
            check(len(stack) >= depth, row, stack)
            del stack[depth:]
            begun.append((pid, time))
            if found[8] == " {":
                stack.append(time)
    check(begun == calls and took > 2, len(begun), len(calls), took)
    for part in ("/* sched_process_fork: comm=", " ==> next_comm=", "/* sys_enter: NR 59 (", "/* signal_generate: sig=17 "):
        check(part in text, part)


def readsHold(event, reads):
    """What an instruction that only moves reads from memory is what it leaves in the register."""
    text, number = event["text"], lambda read: hex(int.from_bytes(bytes.fromhex(read.split(":")[1]), "little"))
    moves = re.fullmatch(r"(?:pop|mov) (r\w\w?)(?:, (?:qword ptr )?(\w\w:)?\[.*\])?", text) if event["bytes"][:2] != "8d" else None
    if text == "ret":
        check(len(reads) == 1 and number(reads[0]) == event["regs"]["rip"], event, reads)
    elif text == "leave":
        check(len(reads) == 1 and number(reads[0]) == event["regs"].get("rbp", number(reads[0])), event, reads)
    elif moves and (text.startswith("pop") or "[" in text):
        check(len(reads) == 1 and number(reads[0]) == event["regs"].get(moves[1], number(reads[0])), event, reads)
    elif "[" not in text and text.split()[0] not in ("call", "push", "pop", "ret") and not re.match("rep|movs|lods|cmps|scas|stos", text):
        check(not reads, event, reads)
    readsHold.seen[text.split()[0]] = readsHold.seen.get(text.split()[0], 0) + len(reads)


readsHold.seen = {}


def test_tenet():
    """A line is the state before its instruction: the differences of two lines are what the trace says of the first one."""
    gpr = "rax rbx rcx rdx rbp rsp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split()
    with Traced("trace", "-e", "trace=all", "--", guest("vfork.musl")) as traced:
        for pid, options in ((3, ()), (4, ("--pid", "4"))):
            result = execscope("export", "--format", "tenet", *options, traced.path)
            check(result.status == 0 and not result.stderr, result)
            lines = [[item.split("=") for item in line.split(",")] for line in result.stdout.decode().splitlines()]
            check(sorted(name for name, _ in lines[0] if name not in ("mw", "mr")) == sorted([*gpr, "rip"]), lines[0])
            started, wanted = pid != 3, []
            for event in events_of(traced.path, "insn", "sched_process_exec"):
                if event["pid"] == pid and event["kind"] == "insn" and started:
                    wanted.append(event)
                started = started or event["pid"] == pid and event["kind"] != "insn"
            check(len(lines) - 1 <= len(wanted) <= len(lines) and len(wanted) > 10, len(lines), len(wanted))
            state = {}
            for line, event in zip(lines, wanted):
                for name, value in line:
                    check(name in ("mw", "mr") and re.fullmatch("0x[0-9a-f]+:([0-9a-f]{2})+", value) or name in gpr or name == "rip", name, value)
                    if name not in ("mw", "mr"):
                        state[name] = value
                check(state["rip"] == event["address"], event, line)
            for line, event in zip(lines[1:], wanted):
                changed, writes = dict(line), [value for name, value in line if name == "mw"]
                readsHold(event, [value for name, value in line if name == "mr"])
                for name, value in event["regs"].items():
                    if name in gpr and event["text"] != "syscall":
                        check(changed.get(name) == value, event, line)
                for memory in event.get("memory", []):
                    check(memory["address"] + ":" + memory["bytes"] in writes, event, line)
        check(all(readsHold.seen.get(name) for name in ("ret", "pop", "mov", "cmp")) and not any(readsHold.seen.get(name) for name in ("lea", "push", "nop")), readsHold.seen)
        stack = [value for name, value in lines[0] if name == "mw"]
        check(not stack, "a child begins with what its parent has:", stack)
        begin = execscope("export", "--format", "tenet", traced.path).stdout.split(b"\n")[0]
        check(b":" + guest("vfork.musl").encode().hex().encode() + b"00" in begin, "the name of the program on the new stack:", begin)
        nobody = execscope("export", "--format", "tenet", "--pid", "77", traced.path)
        check(nobody.stdout == b"" and b"pid 77 executes no instruction" in nobody.stderr, nobody)
        without = execscope("trace", "-e", "trace=kernel", "-o", traced.path, "--", guest("hello_asm"))
        result = execscope("export", "--format", "tenet", traced.path)
        check(result.status == 125 and b"without instructions" in result.stderr, without, result)


SCATTERED = """#include <immintrin.h>
#include <stdio.h>
#include <string.h>
int table[64];
_Alignas(64) static char area[1024];
int main(void) {
    const __m256i where = _mm256_setr_epi32(7, 0, 63, 5, 5, 9, 2, 1);
    const __m256i mask = _mm256_setr_epi32(-1, 0, -1, 0, 1, -2147483647 - 1, 0, -1);
    __m256i all = _mm256_i32gather_epi32(table, where, 4);
    __m256i some = _mm256_mask_i32gather_epi32(all, table, where, mask, 4);
    __m256d wide = _mm256_i32gather_pd((double *)table, _mm_setr_epi32(3, 1, 0, 8), 8);
    __m128i narrow = _mm256_i64gather_epi32(table, _mm256_setr_epi64x(-1, 2, 4, 6), 4);
    some = _mm256_add_epi32(some, _mm256_castpd_si256(wide));
    __asm__ volatile("xsave %0" : "+m"(area) : "a"(7), "d"(0) : "memory");
    __asm__ volatile("xrstor %0" : : "m"(area), "a"(6), "d"(0) : "memory");
    memset(area, 0, sizeof area);
    __asm__ volatile("xsavec %0" : "+m"(area) : "a"(6), "d"(0) : "memory");
    __asm__ volatile("xrstor %0" : : "m"(area), "a"(3), "d"(0) : "memory");
    printf("%p %p\\n", (void *)table, (void *)area);
    return _mm256_extract_epi32(some, 0) + _mm_extract_epi32(narrow, 0);
}
"""


def test_tenet_scattered_reads():
    """What gathers read, element by element, and XRSTOR, as its masks say."""
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/p.c", "w", encoding="ascii") as file:
            file.write(SCATTERED)
        subprocess.run(["gcc", "-O1", "-march=x86-64-v3", "-mxsave", "-mxsavec", "-static", "-o", folder + "/p", folder + "/p.c"], check=True)
        made = execscope("trace", "-e", "trace=all", "-o", folder + "/t.jsonl", "--", folder + "/p")
        table, area = (int(word, 16) for word in made.stdout.split())
        lines = execscope("export", "--format", "tenet", folder + "/t.jsonl").stdout.decode().splitlines()
        events = [event for event in events_of(folder + "/t.jsonl", "insn", "sched_process_exec") if event["pid"] == 3]
        began = next(i for i, event in enumerate(events) if event["kind"] != "insn")
        found = []
        for line, event in zip(lines[1:], events[began + 1:]):
            if "gather" in event["text"] or event["text"].startswith("xrstor ["):
                reads = [item[3:].split(":") for item in line.split(",") if item.startswith("mr=")]
                found.append((event["text"].split()[0], [(int(address, 16), len(content) // 2) for address, content in reads]))
        mine = [one for one in found if one[0] != "xrstor" or one[1][0][0] == area + 512]
        check(mine == [("vpgatherdd", [(table + 4 * i, 4) for i in (7, 0, 63, 5, 5, 9, 2, 1)]),
                       ("vpgatherdd", [(table + 4 * i, 4) for i in (7, 63, 9, 1)]),
                       ("vgatherdpd", [(table + 8 * i, 8) for i in (3, 1, 0, 8)]),
                       ("vpgatherqd", [(table + 4 * i, 4) for i in (-1, 2, 4, 6)]),
                       ("xrstor", [(area + 512, 64), (area + 24, 8), (area + 160, 256), (area + 576, 256)]),
                       ("xrstor", [(area + 512, 64), (area + 24, 8), (area + 160, 256)])], found)


PROGRAM = """int twice(int n) { return 2 * n; }
int never(int n) {
    return n + 1;
}
int main(int argc, char **argv) {
    int sum = 0;
    for (int i = 0; i < 5; i++)
        sum += twice(i);
    if (argc > 5)
        sum += never(argc);
    return sum;
}
"""


def test_lcov():
    """With the lines of DWARF 4 and 5; functions alone without them; genhtml takes it."""
    compiler = needs("/usr/bin/gcc")
    with Traced("demo") as traced:
        source, program, info = (os.path.join(traced.folder.name, name) for name in ("covered.c", "covered", "covered.info"))
        with open(source, "w", encoding="utf-8") as file:
            file.write(PROGRAM)
        for flag in ("-gdwarf-5", "-gdwarf-4", "-g0"):
            subprocess.run([compiler, flag, "-O0", "-static", "-o", program, source], check=True)
            check(execscope("trace", "-e", "trace=insn,mm", "-o", traced.path, "--", program).status == 20)
            traced.export("lcov", "covered.info")
            with open(info, encoding="utf-8") as file:
                records = {record.splitlines()[1][3:]: record.splitlines()[2:] for record in file.read().split("end_of_record\n") if record}
            own = records.get(source) if flag != "-g0" else records[program + " (functions)"]
            for line in ("FNDA:5,twice", "FNDA:0,never", "FNDA:1,main"):
                check(line in own, flag, line, list(records), own[:20])
            if flag != "-g0":
                check([line for line in own if line.startswith(("DA", "L"))] == ["DA:1,5", "DA:2,0", "DA:3,0", "DA:4,0", "DA:5,1", "DA:6,1", "DA:7,6",
                      "DA:8,5", "DA:9,1", "DA:10,0", "DA:11,1", "DA:12,1", "LF:12", "LH:8"], flag, own)
        if os.path.exists("/usr/bin/genhtml"):
            done = subprocess.run(["genhtml", "--ignore-errors", "source", "-o", traced.folder.name + "/html", info], capture_output=True, check=False)
            check(done.returncode == 0 and b"functions..:" in done.stdout, done)
        os.rename(program, program + ".moved")
        for options in ((), ("--program", "/dev/zero"), ("--program", "/")):
            result = execscope("export", "--format", "lcov", *options, traced.path)
            check(result.status == 125 and b"say where it is with --program" in result.stderr and result.stdout == b"", result)
        result = execscope("export", "--format", "lcov", "--program", source, traced.path)
        check(result.status == 125 and b"is not the program of the trace" in result.stderr, result)
        with open(info, "rb") as file:
            check(execscope("export", "--format", "lcov", "--program", program + ".moved", traced.path).stdout == file.read())


def test_lcov_of_a_library():
    """Found by its name, known again by its instructions; sources that both have are one record."""
    compiler = needs("/usr/bin/gcc")
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: os.path.join(folder, name) for name in ("own.h", "own.c", "main.c", "libown.so", "main", "t.trace")}
        texts = {"own.h": "static int both(int n) {\n  return n + 1;\n}\n", "own.c": '#include "own.h"\nint own(int n) {\n  return both(n);\n}\nint never(void) { return 1; }\n',
                 "main.c": '#include "own.h"\nint own(int);\nint main(void) { return own(1) + both(2) + both(3); }\n'}
        for name, text in texts.items():
            with open(paths[name], "w", encoding="utf-8") as file:
                file.write(text)
        subprocess.run([compiler, "-g", "-O0", "-shared", "-fPIC", "-o", paths["libown.so"], paths["own.c"]], check=True)
        subprocess.run([compiler, "-g", "-O0", "-o", paths["main"], paths["main.c"], paths["libown.so"]], check=True)
        result = execscope("trace", "--root", "/", "-e", "trace=insn,mm", "-o", paths["t.trace"], "--", paths["main"])
        check(result.status == 9, result)

        def covered(*options, status=0):
            result = execscope("export", "--format", "lcov", *options, paths["t.trace"])
            check(result.status == status, result)
            return {record.splitlines()[1][3:]: record.splitlines()[2:] for record in result.stdout.decode().split("end_of_record\n") if record}, result.stderr.decode()

        alone, _ = covered()
        check(paths["own.c"] not in alone and "FNDA:2,both" in alone[paths["own.h"]], alone)
        both, _ = covered("--library", paths["libown.so"])
        check("DA:3,1" in both[paths["own.c"]] and "FNDA:1,own" in both[paths["own.c"]] and "FNDA:0,never" in both[paths["own.c"]], both)
        check("FNDA:3,both" in both[paths["own.h"]] and "DA:2,3" in both[paths["own.h"]] and both[paths["main.c"]] == alone[paths["main.c"]], both, alone)
        _, said = covered("--library", paths["libown.so"], "--library", folder + "/nothing.so")
        check("no instruction of nothing.so" in said, said)
        with open(paths["own.c"], "a", encoding="utf-8") as file:
            file.write("int more(int n) { return never() + n * 3; }\n")
        subprocess.run([compiler, "-g", "-O1", "-shared", "-fPIC", "-o", paths["libown.so"], paths["own.c"]], check=True)
        _, said = covered("--library", paths["libown.so"], status=125)
        check("libown.so is not the library of the trace" in said, said)
        os.remove(paths["libown.so"])
        check("cannot read the library" in covered("--library", paths["libown.so"], status=125)[1], "gone")
    result = execscope("export", "--format", "csv", "--library", "x", os.devnull)
    check(result.status == 125 and b"has no option --library" in result.stderr, result)


def test_exports_stream():
    """What they hold in memory does not grow with the trace."""
    with Traced("trace", "-e", "trace=all", "--", guest("hello_asm")) as traced:
        with open(traced.path, encoding="utf-8") as file:
            lines = file.readlines()
        started = next(i for i, line in enumerate(lines) if line.startswith('{"kind":"sched_process_exec"') and '"pid":3' in line)
        first = next(i for i in range(started, len(lines)) if lines[i].startswith('{"kind":"insn"'))
        kinds = [line for line in lines[first:] if line.startswith(('{"kind":"insn"', '{"kind":"set"', '{"kind":"page_fault'))][:40]
        kinds += ['{"kind":"call","seq":1,"insn":1,"pid":3,"function":"f","args":{"a":1}}\n', '{"kind":"return","seq":1,"insn":1,"pid":3,"function":"f","result":0}\n']
        peaks = {}
        for count in (1, 1500):
            with open(traced.path, "w", encoding="utf-8") as file:
                for seq, line in enumerate([*lines[:first], *kinds * count, lines[-1]]):
                    file.write(re.sub(r'"seq":\d+', '"seq":%d' % seq, line, count=1))
                size = file.tell()
            for format in ("perfetto", "ftrace", "strace", "tenet", "lcov", "csv", "sqlite"):
                done = subprocess.Popen([Options.execscope, "export", "--format", format, "-o", traced.path + ".out", traced.path])
                status, usage = os.wait4(done.pid, 0)[1:]
                peaks.setdefault(format, []).append(usage.ru_maxrss)
                check(status == 0, format, status)
        check(size > 6 << 20, size)
    for format, (small, large) in peaks.items():        # SQLite keeps 16 MiB of pages
        check(large < small + (20480 if format == "sqlite" else 2048), format, "KiB in memory:", small, large)


if __name__ == "__main__":
    cases.run(__name__)
