"""What explain and diff tell."""
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import cases
from cases import Options, check
from traced import Traced
from world import execscope, guest


def test_explain():
    """Told from a run and from its trace alike; in Chinese with the same values; Markdown keeps every row in a code block."""
    program = ("--", guest("vfork.gnu"))
    with Traced("trace", "-e", "trace=all,!insn,registers", "--profile", "v6.1", *program) as traced:
        told = execscope("explain", traced.path)
        check(told.status == 0 and told.stderr == b"", told)
        live = execscope("explain", "--profile", "v6.1", *program)
        english = told.stdout.decode()
        check(live.stdout == told.stdout, "live and from the trace differ:", live, told)
        for part in ("begin_new_exec: mm_struct#", "load_elf_binary     yes", "argv[0]", "AT_ENTRY", "rip = 0x", "pid 3 makes pid 4: vfork()",
                     "pid 5 becomes /", "pid 4 exits with status 3", "[stack]", "stops with status 0"):
            check(part in english, part, english)
        os.environ["COLUMNS"] = "200"      # nothing is cut
        english = execscope("explain", traced.path).stdout.decode()
        os.environ["COLUMNS"] = "80"
        narrow = execscope("explain", traced.path).stdout.decode().splitlines()
        check(max(map(len, narrow)) == 80 and any(line.endswith("rip     " + re.search("rip = (0x[0-9a-f]+)", english)[1]) for line in narrow), narrow)
        os.environ["COLUMNS"] = "200"
        chinese = execscope("explain", "--lang", "zh", traced.path).stdout.decode()
        values = re.compile(r"0x[0-9a-f]+|mm_struct#\d+|load_\w+")
        check(values.findall(chinese) == values.findall(english) and re.search("[\u4e00-\u9fff]", chinese), chinese)
        check(len(chinese.splitlines()) == len(english.splitlines()), chinese)
        markdown = execscope("explain", "--markdown", traced.path).stdout.decode()
        check(markdown.count("```text\n") * 2 == markdown.count("```") > 10 and "## 3. execve" in markdown, markdown)
        check("\x1b" not in english + chinese + markdown)
        nothing = execscope("trace", "-e", "trace=syscall,!sys_enter", "-o", traced.path, *program)
        result = execscope("explain", traced.path)
        check(result.status == 125 and b"nothing to explain" in result.stderr, nothing, result)
    check(execscope("explain", "--lang", "fr", "x").status == 125)


def test_explain_shows_the_registers_at_entry():
    """Folded from what the kernel and the instructions before changed: the same whether the trace has the instructions or not."""
    def table(text):
        rows = text[text.index("The registers before"):text.index("4  The program")].splitlines()[1:-1]
        words = " ".join(rows).split()
        return dict(zip(words[::2], words[1::2]))

    tables = []
    for what in ("all", "all,!insn,registers"):
        with Traced("trace", "-e", "trace=" + what, "--", guest("crash.musl"), "null") as traced:
            text = execscope("explain", traced.path).stdout.decode()
            tables.append(table(text))
            check("is killed by SIG" in text and "arch_prctl(ARCH_SET_FS, 0x" in text, text)
            with open(traced.path, encoding="utf-8") as file:
                lines = file.readlines()
            if what == "all":
                run = next(i for i, line in enumerate(lines) if '"kind":"sched_process_exec"' in line and '"pid":3,' in line)
                entry = json.loads(next(line for line in lines[run:] if '"kind":"insn"' in line))
            at = next(i for i, line in enumerate(lines) if '"kind":"registers"' in line and '"rip":"%s"' % entry["address"] in line)
            with open(traced.path, "w", encoding="utf-8") as file:
                file.writelines(lines[:at] + [lines[at].replace('"rsp":"0x', '"rsp":"0x1')] + lines[at + 1:])
            check(table(execscope("explain", traced.path).stdout.decode()) == {**tables[-1], "rsp": tables[-1]["rsp"].replace("0x", "0x1")}, "not from the trace", tables)
    check(tables[0] == tables[1] and len(tables[0]) == 21, tables)
    check(tables[0]["rip"] == entry["address"] and tables[0]["rflags"] == "0x202" and tables[0]["cs"] == "0x33", tables[0], entry)
    check({tables[0][name] for name in ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8", "r15")} == {"0x0"}, tables[0])
    with Traced("trace", "-e", "trace=all,!insn", "--", guest("hello_asm")) as traced:
        check("The registers before" not in execscope("explain", traced.path).stdout.decode(), "nobody told them")


def test_diff():
    def told(a, b, *options):
        with Traced("trace", *a) as one, Traced("trace", *b) as two:
            result = execscope("diff", *options, one.path, two.path)
            check(result.stderr == b"", result)
            return result.status, result.stdout.decode()
    status, text = told(("--", guest("hello_asm")), ("--", guest("hello_asm")))
    check(status == 0 and "Both tell the same story." in text and "headers are the same" in text, text)
    status, text = told(("--", guest("hello_asm")), ("--inject", "exec_mmap:error=EINTR:when=2", "--", guest("hello_asm")))
    first = text[text.index("First difference"):]
    check(status == 1 and "in " in first and "B  exec_mmap = -4 (EINTR)" in first[:1200], text)
    status, text = told(("--profile", "v3.10", "--", guest("hello_asm")), ("--profile", "v6.1", "--", guest("hello_asm")))
    check(status == 1 and "differ in profile" in text and "More in B" in text and "common" in text, text)
    steps = re.search(r"steps +A (\d+), B (\d+); (\d+) common", text)
    check(int(steps[3]) >= 0.7 * int(steps[1]), "most of what 3.10 does, 6.1 does, too:", steps[0])
    check("begin_new_exec" not in text[text.index("More in B"):], "the same step under two names:", text)
    check("call" not in re.findall(r"^  \d+ +(\w+) sys_execve", text, re.M), "the same call under two names:", text)
    check(execscope("diff", "one").status == 125)


def test_diff_finds_together_again():
    """After 1500 steps that only one trace has; in the memory that 100 steps take."""
    with Traced() as traced:
        with open(traced.path, encoding="utf-8") as file:
            header = file.readline()
        paths = [os.path.join(traced.folder.name, name) for name in ("a", "b")]

        def write(path, names):
            with open(path, "w", encoding="utf-8") as file:
                file.write(header)
                for seq, name in enumerate(names, 1):
                    kind, more = ("return", '"result":null') if name.startswith("-") else ("call", '"args":{}')
                    file.write(f'{{"kind":"{kind}","seq":{seq},"insn":{seq},"pid":3,"function":"{name.lstrip("-")}",{more}}}\n')

        def pairs(names):
            return [step for name in names for step in (name, "-" + name)]

        common = ["f%d" % i for i in range(300)]
        write(paths[0], pairs(common))
        write(paths[1], pairs(common[:150] + ["g%d" % i for i in range(1500)] + common[150:]))
        text = execscope("diff", *paths).stdout.decode()
        check("in 1 place." in text and "300 common, 0 only in A, 1500 only in B" in text and "after 150 common steps" in text, text)
        peaks = []
        for count in (100, 40000):
            write(paths[0], pairs(["f%d" % (i % 50) for i in range(count)]))
            write(paths[1], pairs(["f%d" % (i % 50) for i in range(count)] + ["last"]))
            done = subprocess.Popen([Options.execscope, "diff", *paths], stdout=subprocess.PIPE)
            text = done.stdout.read().decode()
            peaks.append(os.wait4(done.pid, 0)[2].ru_maxrss)
            check(f"after {count} common steps" in text and "B  last()" in text, text)
        check(peaks[1] < peaks[0] + 8192, "KiB in memory:", peaks)


if __name__ == "__main__":
    cases.run(__name__)
