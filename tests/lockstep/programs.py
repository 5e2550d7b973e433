#!/usr/bin/env python3
"""insnfuzz for ten seconds or so, lockstep on the guest programs and on Debian's static busybox and bash; both find a spoiled result."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
from cases import Options, Skip, check
from world import command, execscope, guest as guestProgram, needs

GUESTS = ("hello.gnu", "hello.musl", "args.gnu", "numbers.gnu", "numbers.musl", "memory.gnu", "files.gnu", "stdio.gnu", "stack.gnu",
          "flags.gnu", "signals.gnu", "vfork.gnu", "exec_self.gnu", "fork_tree.gnu", "fork_tree.musl", "cow.gnu", "zombies.musl", "hello_asm")
LIMIT = "150000"    # instructions of a guest program
SCRIPT = """
words="one two three four five six seven"
i=0; for w in $words; do i=$((i+1)); printf '%s %05d %x\\n' "$w" $i $((i*i*31)); done
case $words in *three*) echo found;; esac
f() { [ $1 -le 1 ] && { r=1; return; }; f $(($1-1)); r=$((r*$1)); }
f 12; echo $r
x=abcdefghij; echo ${x#abc} ${x%ij} ${#x}
"""
BASH = SCRIPT + """
declare -A map; for k in a b c; do map[$k]=${k}${k}; done; echo ${map[b]} ${x/def/XYZ} ${x^^}
a=(5 3 9 1); for ((i=0;i<4;i++)); do for ((j=i+1;j<4;j++)); do ((a[i]>a[j])) && { t=${a[i]}; a[i]=${a[j]}; a[j]=$t; }; done; done
echo ${a[@]}; [[ foo123bar =~ ([0-9]+) ]] && echo ${BASH_REMATCH[1]}
"""


def program(name):
    path = os.path.join(Options.guests, "..", "lockstep", name)
    check(os.path.exists(path), path, "is not built")
    return path


def run(tool, *arguments):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([program(tool), *arguments], capture_output=True, text=True, timeout=500, cwd=folder, stdin=subprocess.DEVNULL)
    if done.returncode == 77:
        raise Skip(done.stdout + done.stderr)
    return done


def lockstep(*arguments):
    done = run("lockstep", *arguments)
    check(done.returncode == 0, arguments, done.returncode, done.stdout[-3000:], done.stderr[-2000:])
    return done


def guest(name):
    def test():
        path = os.path.join(Options.guests, name)
        check(os.path.exists(path), path, "is not built")
        check("agree" in lockstep("--limit", LIMIT, os.path.abspath(path)).stderr)
    return test


for each in GUESTS:
    globals()["test_" + each.replace(".", "-")] = guest(each)


def test_busybox():
    out = lockstep(needs("/bin/busybox"), "sh", "-c", SCRIPT).stdout
    check("479001600" in out, out)


def test_busybox_awk():
    done = lockstep(needs("/bin/busybox"), "awk", "BEGIN { for (i = 1; i < 30; ++i) s += i / 7 * 1.25 - s / (i + 3); printf \"%.9f\\n\", s }")
    check("." in done.stdout, done.stdout)


def test_children():
    done = lockstep(needs("/bin/busybox"), "sh", "-c", "(exit 3); echo $?; echo ab | (read x; echo $x$x); x=$(exec /bin/busybox echo hi); echo $x; "
                    "(sleep 0.05; exit 9) & wait $!; echo $?")
    check(done.stdout == "3\nabab\nhi\n9\n", done.stdout)
    check(agreed(done) >= 6 and "exit status 0" in done.stderr, done.stderr)


def agreed(done):
    """Processes and threads."""
    return int(re.search(r"of (\d+) processes and threads agree", done.stderr)[1])


def threads(name):
    def test():
        check(agreed(lockstep("--limit", "100000", os.path.abspath(os.path.join(Options.guests, name)))) >= 5)
    return test


test_threads_gnu = threads("threads.gnu")
test_threads_musl = threads("threads.musl")


def test_dynamic():
    """The dynamic linker and the C library of this machine."""
    done = lockstep(needs("/bin/ls"), "/bin/ls")
    check(done.stdout == "/bin/ls\n" and "exit status 0" in done.stderr, done.stdout, done.stderr)


def test_busybox_hash():
    check(lockstep(needs("/bin/busybox"), "sha256sum", "/etc/passwd").stdout.endswith("/etc/passwd\n"))


def test_bash():
    done = lockstep("--limit", "700000", needs("/bin/bash-static"), "--norc", "-c", BASH)
    check("agree" in done.stderr, done.stderr)


def test_lockstep_can_fail():
    done = run("lockstep", "--inject", "1000", needs("/bin/busybox"), "true")
    check(done.returncode == 1 and "difference after 1000 instructions" in done.stdout and "rbx" in done.stdout, done.returncode, done.stdout)


def test_insnfuzz_can_fail():
    done = run("insnfuzz", "--cases", "20000", "--only", "ADD", "--inject", "ADD")
    check(done.returncode == 1 and "rflags" in done.stdout and "again: insnfuzz --seed 1 --case" in done.stdout, done.stdout)


# Opcodes of which AMD's processors have more than the modelled level, and those that they do otherwise: see dialect.cpp.
ABOVE = {2: "00 01 20 22 2b 78 79", 3: "82 cf", 4: "ce cf", 5: "41 42 44 45 46 47 4a 4b 90 91 92 93 98 99", 6: "cf dc dd de df",
         7: "00 01 30 31 32 33 44 ce cf"}      # VERW and MOV CR with LOCK, SVM, SSE4a, INVPCID, GFNI, opmasks, VAES, VPERMQ with W0
OTHERWISE = {1: "c2 c3 ca e8 e9 f1 ff", 2: "0d 80 81 82 83 84 85 86 87 88 89 8a 8b 8c 8d 8e 8f"}     # near branches with 66H, INT1, PREFETCH


def opcodeOf(number, encoding):
    code = bytes.fromhex(encoding)
    return code[3] if number > 4 else code[-2]


def opcodeMap(number):
    def test():
        """Every opcode with each prefix is refused, faults or has its length as on an AMD processor, where insnfuzz tries no invalid ones."""
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            if "AuthenticAMD" not in info.read():
                raise Skip("not a processor of AMD's: insnfuzz compares invalid encodings, too")
        path = guestProgram("opcodes.gnu")
        native, model = command([path, str(number)]), execscope("run", "--profile", "v6.1", "--", path, str(number))
        check(native.status == model.status == 0, native.status, model.status, model.stderr[-500:])
        lines = list(zip(native.stdout.decode().splitlines(), model.stdout.decode().splitlines(), strict=True))
        check(len(lines) > 20000, len(lines))
        above, otherwise = ({int(word, 16) for word in table.get(number, "").split()} for table in (ABOVE, OTHERWISE))
        wrong = [pair for pair in lines if pair[0] != pair[1] and opcodeOf(number, pair[0].split()[0]) not in otherwise
                 and not (pair[1].split()[1] == "#6" and opcodeOf(number, pair[0].split()[0]) in above)]
        check(not wrong, len(wrong), "differ, natively and in the model:", wrong[:10])
    return test


for MAP in range(1, 8):
    globals()[f"test_opcodes_{MAP}"] = opcodeMap(MAP)


def test_coverage_page():
    """docs/coverage/instructions.md has cases of every form that is run here, and a reason for every other one."""
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    with tempfile.TemporaryDirectory() as folder:
        counts = os.path.join(folder, "counts.json")
        done = run("insnfuzz", "--cases", "32", "--coverage", counts)
        check(done.returncode == 0, done.stdout)
        done = subprocess.run([sys.executable, "-B", os.path.join(root, "tests/lockstep/coverage.py"), "--check",
                               os.path.join(root, "docs/coverage/instructions.md"), counts], capture_output=True, text=True)
        check(done.returncode == 0, done.stderr)


def fuzz(*arguments):
    def test():
        done = run("insnfuzz", *arguments)
        check(done.returncode == 0, done.stdout[-6000:])
    return test


test_insnfuzz = fuzz("--seed", "20", "--cases", "500000")
test_insnfuzz_ac = fuzz("--seed", "23", "--cases", "300000", "--ac")
test_insnfuzz_v1 = fuzz("--seed", "21", "--cases", "150000", "--level", "v1")
test_insnfuzz_v2 = fuzz("--seed", "22", "--cases", "150000", "--level", "v2")

if __name__ == "__main__":
    cases.run(__name__)
