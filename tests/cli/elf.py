"""execscope elf: its tables against readelf and nm, its verdicts against run, against the trace and against this very kernel."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "conformance")]
import cases
import exec_errors
from cases import Skip, check
from world import Tree, execscope

PROGRAMS = ("hello.gnu", "hello.musl", "hello_asm", "args.gnu")
PROFILES = ("v3.10", "v6.1")


def guest(name):
    return os.path.abspath(os.path.join(cases.Options.guests, name))


def tool(*command):
    if not shutil.which(command[0]):
        raise Skip("no " + command[0])
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}).stdout


def elf(*arguments):
    return execscope("elf", *arguments)


def shown(*arguments):
    return elf(*arguments).stdout.decode()


class Objects:
    """Files of many kinds: programs of the tests and the host, a library, a relocatable file, a 32-bit and a foreign one."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        source = os.path.join(self.folder.name, "a.c")
        with open(source, "w", encoding="utf-8") as file:
            file.write("__thread int t, u = 1; int common, data = 2; static int local; const int constant = 3;\n"
                       "extern int missing, weak_missing __attribute__((weak));\n"
                       "__attribute__((weak)) int weak_data = 4; __attribute__((weak)) void weak_code(void) {}\n"
                       "static void *resolve(void) { return 0; } int indirect(void) __attribute__((ifunc(\"resolve\")));\n"
                       "int main(void) { return t + u + common + data + local + constant + missing + weak_missing; }\n")
        made = [guest(name) for name in PROGRAMS]
        for name, options in (("a.o", ["-c"]), ("common.o", ["-c", "-fcommon"]), ("so", ["-shared", "-fPIC"]),
                              ("pie", ["-pie", "-fPIE", "-Dmissing=data"]), ("static-pie", ["-static-pie", "-fPIE", "-Dmissing=data"]),
                              ("debug", ["-g", "-Dmissing=data"]), ("32.o", ["-c", "-m32"])):
            path = os.path.join(self.folder.name, name)
            done = subprocess.run(["cc", "-w", *options, source, "-o", path], capture_output=True, check=False)
            if done.returncode == 0:
                made.append(path)
        return made + [path for path in ("/bin/ls", "/bin/busybox", "/lib/x86_64-linux-gnu/libc.so.6") if os.path.exists(path)]

    def __exit__(self, *_):
        self.folder.cleanup()


def unordered(text):
    """The lines of readelf's tables without its explanations, in any order: sections come later here."""
    lines = [line.rstrip() for line in text.splitlines()]
    return sorted(line for line in lines if line and not re.match(r"Key to|  [WLCRD] \(|Elf file type|Entry point 0x|There are \d+ (section|program)", line))


def test_elf_readelf():
    with Objects() as paths:
        check(len(paths) >= 10, paths)
        for path in paths:
            expected = unordered(tool("readelf", "-hlSW", path))
            found = unordered(shown(path).split("\nSymbols of ")[0].split("\nThere are no symbols")[0])
            missing, extra = [line for line in expected if line not in found], [line for line in found if line not in expected]
            check(expected == found, path, "readelf has\n", "\n".join(missing), "\nwe have\n", "\n".join(extra))


def symbol_rows(text):
    """value, size, letter, name of nm -S; names without their versions, which only nm -D shows."""
    rows = []
    for line in text.splitlines():
        words = line.split()
        at = next(i for i, word in enumerate(words) if len(word) == 1)
        numbers = [int(word, 16) for word in words[:at]] + [0, 0]
        value, size = (numbers[0], numbers[1]) if at == 2 else (numbers[0], 0)
        rows.append((value, size, words[at], words[at + 1].split("@")[0] if at + 1 < len(words) else ""))
    return sorted(rows)


def our_symbols(path):
    text = shown("--all", path)
    if "\nThere are no symbols" in text:
        return []
    return symbol_rows("\n".join(text.split("\nSymbols of ")[1].split("\n\n")[0].splitlines()[2:]))


def test_elf_nm():
    with Objects() as paths:
        for path in paths:
            expected = symbol_rows(tool("nm", "-S", path)) or symbol_rows(tool("nm", "-S", "-D", path))
            found = our_symbols(path)
            check(expected == found and (expected or path.startswith("/bin/")), path, "nm has\n", [row for row in expected if row not in found][:20],
                  "\nwe have\n", [row for row in found if row not in expected][:20])


def test_elf_few_symbols_unless_all():
    short, full = shown(guest("hello.gnu")), shown("--all", guest("hello.gnu"))
    check("more (--all shows them)" in short and "more (--all shows them)" not in full)
    check(" T main\n" in full and len(short.splitlines()) < 250, len(short.splitlines()))


def verdict(path, *options):
    """As exec_errors.outcome: the errno, the signal that kills inside execve, or "starts"."""
    result = elf(*options, "--", path)
    text = result.stdout.decode()
    said = text[text.rindex("\nVerdict\n"):]
    fails, kills = re.search(r"execve fails: (\w+)", said), re.search(r"execve does not return: (\w+)", said)
    check(result.status == (0 if "execve succeeds" in said else 1), "status and verdict:", result)
    return fails.group(1) if fails else kills.group(1) if kills else "starts"


def agree(found, ran):
    """What runs may still be killed later, by its own first instruction."""
    return found == ran or (found == "starts" and (ran.startswith("exit ") or ran == "SIGSEGV"))


def test_elf_verdicts_are_those_of_run():
    with exec_errors.Folder() as path:
        names = sorted(exec_errors.files(path.encode()))
        for profile in PROFILES:
            for name in names:
                file = path + "/" + name
                found = verdict(file, "--profile", profile)
                ran = exec_errors.outcome([file], ["--profile", profile, "--bind", path])
                check(agree(found, ran), profile, name, "elf says", found, "and run", ran)


def native(path):
    """errno, signal or "starts", from a child that is stopped before the program's first instruction (PTRACE_TRACEME)."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        import ctypes
        ctypes.CDLL(None).ptrace(0, 0, 0, 0)
        try:
            os.execv(path, [path])
        except OSError as error:
            os.write(writer, bytes([error.errno]))
        os._exit(0)
    os.close(writer)
    _, status = os.waitpid(child, 0)
    if os.WIFSTOPPED(status) and os.WSTOPSIG(status) == signal.SIGTRAP:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found = "starts"
    elif os.WIFSTOPPED(status):         # the signal that ends the exec, before it is delivered
        found = signal.Signals(os.WSTOPSIG(status)).name
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    elif os.WIFSIGNALED(status):
        found = signal.Signals(os.WTERMSIG(status)).name
    else:
        import errno
        found = errno.errorcode[os.read(reader, 1)[0]]
    os.close(reader)
    return found


# What kernels newer than 6.1.187 do: load_elf_interp uses elf_load too, so that an interpreter without bss needs no writable
# page; at some time the program headers no longer had to fit a page (seen in 6.18).
NEWER = {"interp-ok": ["starts"], "phnum-74": ["ENOEXEC", "starts"], "phnum-1170": ["ENOEXEC", "starts"]}


def test_elf_verdicts_are_those_of_this_kernel():
    release = tuple(int(number) for number in re.findall(r"\d+", os.uname().release)[:2])
    if release < (6, 7):
        raise Skip("this kernel is older than 6.7")
    with exec_errors.Folder() as path:
        names = sorted(exec_errors.files(path.encode()))
        wrong = []
        for name in names:
            file = path + "/" + name
            expected, real = NEWER.get(name) or [verdict(file)], native(file)
            if real not in expected:
                wrong.append("%s: elf says %s, this kernel %s" % (name, expected, real))
        check(not wrong, "\n".join(wrong))


def checks_of_trace(path, profile):
    with tempfile.TemporaryDirectory() as folder:
        execscope("trace", "--profile", profile, "--root", "/", "-e", "trace=check,syscall", "-o", folder + "/t", "--", path)
        found, listening = [], False
        with open(folder + "/t", encoding="utf-8") as file:
            for event in map(json.loads, file):
                if event["pid"] != 3:
                    continue
                if event["kind"] in ("sys_enter", "sys_exit") and event["name"] == "execve":
                    listening = event["kind"] == "sys_enter"
                elif event["kind"] == "check" and listening:
                    found.append(("✓ " if event["passed"] else "✗ ") + event["rule"])
        return found


def test_elf_checks_are_those_of_the_trace():
    with exec_errors.Folder() as path:
        for file in (guest("hello.gnu"), "/bin/ls", path + "/script-ok", path + "/elf-machine", path + "/bss-huge"):
            for profile in PROFILES:
                expected = checks_of_trace(file, profile)
                lines = re.findall(r"^ +([✓✗] .*?)(?: \((\d+) times\))?  +\S", shown("--all", "--profile", profile, file), re.M)
                found = [text for text, times in lines for _ in range(int(times or 1))]
                check(expected and len(found) == len(expected), file, profile, len(found), "checks, the trace has", len(expected))
                check(all(a.startswith(b) for a, b in zip(expected, found)), file, profile, "not in order")


def words_of(path, *options):
    text = shown(*options, "--", path)
    return text[text.index("\nWhat execve does"):]


def test_elf_script():
    with exec_errors.Folder() as path:
        for profile in PROFILES:
            text = words_of(path + "/script-ok", "--profile", profile)
            check('script_format takes "%s/script-ok": its interpreter is "%s/good" with the argument "-x y"' % (path, path) in text, text)
            check('elf_format takes "%s/good"' % path in text, text)


def test_elf_landing():
    for profile, base in (("v3.10", 0x400000), ("v6.1", 0x400000)):
        text = words_of(guest("hello.gnu"), "--profile", profile)
        places = re.findall(r"^  program +(\S+) (0x\w+)-(0x\w+) +→ (0x\w+)-(0x\w+) ", text, re.M)
        check(len(places) >= 2 and int(places[0][1], 16) >= base, text)
        check(all(wanted == (start, end) for _, *wanted, start, end in [(p[0], (p[1], p[2]), p[3], p[4]) for p in places]
                  for wanted in wanted), "ET_EXEC lies where it asks to:", text)
    text = words_of("/bin/ls")
    check("  interpreter r-x " in text and "/ld-linux-x86-64.so.2" in text, text)


def test_elf_reasons():
    with exec_errors.Folder() as path:
        for name, profile, *said in (
                ("elf-machine", "v6.1", "ENOEXEC", '"e_machine == EM_X86_64" does not hold: it is 183'),
                ("phnum-74", "v6.1", "ENOEXEC", '"1 <= e_phnum <= 73" does not hold: it is 74'),
                ("interp-missing", "v6.1", "ENOENT", 'do_filp_open("/nope") gives ENOENT'),
                ("interp-magic", "v3.10", "ELIBBAD", "e_ident begins with"),
                ("seg-filesz", "v3.10", "SIGKILL", "EINVAL", '"p_filesz <= p_memsz" does not hold'),
                ("seg-filesz", "v6.1", "SIGSEGV", "EINVAL", '"p_filesz <= p_memsz" does not hold'),
                ("no-x", "v6.1", "EACCES", "the caller may execute the file"),
                ("garbage-text", "v6.1", "ENOEXEC", "no format takes the file"),
                ("entry-unmapped", "v6.1", "execve succeeds", "nothing is mapped there"),
                ("elf-386", "v6.1", "ENOEXEC", '"e_phentsize == 32" does not hold'),
                ("nest-6", "v6.1", "ELOOP", "interpreters <= 5")):
            text = words_of(path + "/" + name, "--profile", profile)
            for word in said:
                check(word in text[text.index("\nVerdict"):], name, "does not say", word, text)


def test_elf_nothing_of_the_program_runs():
    result = elf("/bin/busybox", "echo", "ran")
    check(result.status == 0 and b"ran\n" not in result.stdout + result.stderr and result.stderr == b"", result)


def test_elf_damaged_tables_are_said():
    with open(guest("hello.gnu"), "rb") as file:
        whole = file.read()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x")
        for damaged, said in ((whole[:40], "ends inside the ELF header"), (whole[:100], "program headers: "),
                              (whole[:len(whole) // 2], "section headers: "), (exec_errors.with_bytes(whole, 40, b"\xff" * 8), "section headers: "),
                              (exec_errors.with_bytes(whole, 62, b"\xf0\xf0"), "there is no section 61680"),
                              (exec_errors.with_bytes(whole, 54, b"\x01\x00"), "e_phentsize is 1")):
            with open(path, "wb") as file:
                file.write(damaged)
            os.chmod(path, 0o755)
            result = elf(path)
            check(result.status in (0, 1) and ("\n! " in result.stdout.decode()) and said in result.stdout.decode(), said, result)


def test_elf_what_is_no_regular_file():
    with tempfile.TemporaryDirectory() as folder:
        os.mkfifo(folder + "/pipe", 0o755)
        for path in (folder, folder + "/pipe", "/dev/null"):
            result = elf(path)
            check(result.status == 1 and b"not a regular file" in result.stdout and b"EACCES" in result.stdout, result)
        result = elf(folder + "/missing")
        check(result.status == 125 and result.stdout == b"" and b"missing" in result.stderr and b"No such file" in result.stderr, result)


def test_elf_root():
    with Tree() as tree:
        tree.copy(guest("hello.gnu"), "/hello")
        os.symlink("/hello", tree.path + "/link")
        for name in ("/hello", "hello", "/link"):
            result = elf("--root", tree.path, name)
            check(result.status == 0 and b"/hello from 0x0" in result.stdout, result)
        check(elf("--root", tree.path, "/bin/ls").status == 125)


if __name__ == "__main__":
    cases.run(__name__)
