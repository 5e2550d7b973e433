"""execscope elf: its verdicts against run, against the trace and against this very kernel. Its tables: elf_tables.py."""
import os
import re
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "conformance")]
import cases
import exec_errors
import native_exec
import newer_kernels
from cases import Skip, check
from traces import events_of
from world import Tree, command, execscope, guest

PROFILES = ("v3.10", "v6.1")


def elf(*arguments):
    return execscope("elf", *arguments)


def shown(*arguments):
    return elf(*arguments).stdout.decode()


def dynamic():
    """A program of the host with an interpreter: the one that runs this test."""
    program = os.path.realpath(sys.executable)
    if "/ld-linux-x86-64.so.2" not in shown(program):
        raise Skip(program + " has no interpreter")
    return program


def verdict(path, *options):
    """The errno, the signal that kills inside execve, "starts", or "SIGSEGV at start" of a program without a first instruction."""
    result = elf(*options, "--", path)
    text = result.stdout.decode()
    said = text[text.rindex("\nVerdict\n"):]
    fails, kills = re.search(r"execve fails: (\w+)", said), re.search(r"execve does not return: (\w+)", said)
    check(result.status == (0 if "execve succeeds" in said else 1), "status and verdict:", result)
    if fails or kills:
        return (fails or kills).group(1)
    return "SIGSEGV at start" if "its first instruction will fault, SIGSEGV" in said else "starts"


def agree(found, ran):
    return found.removesuffix(" at start") == ran if found != "starts" else ran.startswith("exit ")


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
    result = native_exec.native("/", path)
    return "SIGSEGV at start" if result == "SIGSEGV exec_ok_then_killed_in_user_mode" else native_exec.started(result)


def test_elf_verdicts_are_those_of_this_kernel():
    newer_kernels.must_be_known()
    with exec_errors.Folder() as path:
        names = sorted(exec_errors.files(path.encode()))
        lines = newer_kernels.complaints({name: verdict(path + "/" + name) for name in names},
                                         {name: native(path + "/" + name) for name in names}, native_exec.started)
        check(not lines, "\n".join(lines))


def checks_of_trace(path, profile):
    with tempfile.TemporaryDirectory() as folder:
        execscope("trace", "--profile", profile, "--root", "/", "-e", "trace=check,syscall", "-o", folder + "/t", "--", path)
        found, listening = [], False
        for event in events_of(folder + "/t"):
            if event["pid"] == 3 and event["kind"] in ("sys_enter", "sys_exit") and event["name"] == "execve":
                listening = event["kind"] == "sys_enter"
            elif event["pid"] == 3 and event["kind"] == "check" and listening:
                found.append(("✓ " if event["passed"] else "✗ ") + event["rule"])
        return found


def test_elf_checks_are_those_of_the_trace():
    with exec_errors.Folder() as path:
        for file in (guest("hello.gnu"), dynamic(), path + "/script-ok", path + "/elf-machine", path + "/bss-huge"):
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
    text = words_of(dynamic())
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
                ("no-x", "v6.1", "EACCES", '"the caller may execute the file" does not hold: it is -rw-r--r--'),
                ("garbage-text", "v6.1", "ENOEXEC", "no format takes the file"),
                ("entry-unmapped", "v6.1", "execve succeeds", "nothing is mapped there"),
                ("elf-386", "v6.1", "ENOEXEC", '"e_phentsize == 32" does not hold'),
                ("nest-6", "v6.1", "ELOOP", "interpreters <= 5")):
            text = words_of(path + "/" + name, "--profile", profile)
            for word in said:
                check(word in text[text.index("\nVerdict"):], name, "does not say", word, text)


def test_elf_nothing_of_the_program_runs():
    check(b"ran\n" in execscope("run", guest("args.gnu"), "ran").stdout)
    result = elf(guest("args.gnu"), "ran")
    check(result.status == 0 and b"ran\n" not in result.stdout + result.stderr and result.stderr == b"", result)


def said_of(path, *options, cwd=None):
    """The last words of the verdict."""
    text = execscope("elf", *options, "--", path, cwd=cwd).stdout.decode()
    return text[text.rindex("\nVerdict\n"):]


def test_elf_what_is_no_regular_file():
    with tempfile.TemporaryDirectory() as folder:
        os.mkfifo(folder + "/pipe", 0o755)
        for path in (folder, folder + "/pipe", "/dev/null", "/dev/tty", "/dev/host/stdin"):
            result = command(["timeout", "20", cases.Options.execscope, "elf", path])
            check(result.status == 1 and b"not a regular file" in result.stdout and b"EACCES" in result.stdout, result)
        for path, said in ((folder + "/missing", b"ENOENT"), (folder + "/pipe/x", b"ENOTDIR")):
            result = elf(path)
            check(result.status == 125 and result.stdout == b"" and path.encode() in result.stderr and said in result.stderr, result)


def test_elf_relative_interpreter():
    """The working directory of the caller is where execve looks for it (man 2 execve says nothing; path_resolution(7))."""
    with Tree() as tree:
        tree.copy(guest("hello.gnu"), "/d/hello")
        for name, content in (("script", b"#!hello\n"), ("program", exec_errors.interpreted(b"hello"))):
            tree.file("/" + name, content, 0o755)
            path = tree.path + "/" + name
            check("hello" in said_of(path) and "ENOENT" in said_of(path), name)
            for options, cwd in ((["--chdir", tree.path + "/d"], None), ([], tree.path + "/d")):
                text = said_of(path, *options, cwd=cwd)
                check("ENOENT" not in text and ("execve succeeds" in text or "SIGSEGV" in text), name, options, cwd, text)
            check("ENOENT" not in said_of("/" + name, "--root", tree.path, "--chdir", "/d"), name)
        check("execve succeeds" in said_of("../script", cwd=tree.path + "/d"))


def test_elf_binds():
    """The file, and its interpreter, below binds, with and without --root."""
    with Tree() as tree, Tree() as other:
        tree.copy(guest("hello.gnu"), "/bin/hello")
        tree.file("/script", b"#!/shown/bin/hello\n", 0o755)
        bind = ["--bind", tree.path + ":/shown"]
        for options in (bind, ["--root", other.path, *bind]):
            for path in ("/shown/bin/hello", "/shown/script"):
                check("execve succeeds" in said_of(path, *options), options, path)
            check("ELF Header" in shown(*options, "/shown/bin/hello"), options)
        check("execve succeeds" in said_of(tree.path + "/script", *bind))
        check("execve succeeds" in said_of(tree.path + "/bin/hello", "--path-as", "/else/where") and
              'takes "/else/where"' in said_of(tree.path + "/bin/hello", "--path-as", "/else/where"))


def test_elf_finds_what_run_finds():
    with Tree() as tree:
        tree.copy(guest("hello.gnu"), "/only-here")
        found = command(["env", "PATH=" + tree.path, os.path.abspath(cases.Options.execscope), "elf", "only-here"])
        check(found.status == 0 and ('takes "%s/only-here"' % tree.path).encode() in found.stdout, found)


def test_elf_says_what_is_lacking():
    """Linux executes 32-bit programs: that nothing takes this one is execscope's doing."""
    with exec_errors.Folder() as path:
        program = path + "/narrow"
        with open(program, "wb") as file:
            file.write(b"\x7fELF\x01\x01\x01" + bytes(9) + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, 0x8048054, 52, 0, 0, 52, 32, 1, 0, 0, 0) +
                       struct.pack("<8I", 1, 0, 0x8048000, 0x8048000, 100, 100, 5, 0x1000) + bytes(100))
        os.chmod(program, 0o755)
        for profile in PROFILES:
            text = words_of(program, "--profile", profile)
            check("because execscope lacks compat_elf_format (a 32-bit x86 program)" in text, text)
            check(text.count("Each format is asked once more:") == (profile == "v3.10"), text)


def test_elf_dos_script():
    with exec_errors.Folder() as path:
        text = shown(path + "/script-cr")
        check("ends as those of DOS do" in text, text)
        result = execscope("run", "--bind", path, path + "/script-cr")
        check(result.status == 125 and b"ends as those of DOS do" in result.stderr and b"\r" not in result.stderr, result)


def test_elf_fits_the_screen():
    """Checks and landings, in a pipe: without colour, and no wider than COLUMNS."""
    for columns in (80, 100):
        done = subprocess.run([cases.Options.execscope, "elf", "--all", dynamic()], capture_output=True, text=True, check=True,
                              env={**os.environ, "COLUMNS": str(columns), "TERM": "xterm"})
        text = done.stdout[done.stdout.index("\nWhat execve does"):done.stdout.index("\nIts memory when it starts")]
        wide = [line for line in text.splitlines() if len(line) > columns and "/" not in line]
        check(not wide and "\x1b" not in done.stdout, columns, "\n".join(wide))


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
