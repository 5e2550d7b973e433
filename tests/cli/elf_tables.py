"""The tables of execscope elf against readelf and nm, of files of many kinds, and what it says of damaged ones."""
import glob
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "conformance")]
import cases
import exec_errors
from cases import Skip, check
from world import execscope, guest

PROGRAMS = ("hello.gnu", "hello.musl", "hello_asm", "args.gnu")


def tool(*command):
    if not shutil.which(command[0]):
        raise Skip("no " + command[0])
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}).stdout


def shown(*arguments):
    return execscope("elf", *arguments).stdout.decode()


SOURCE = """__thread int t, u = 1; int common, data = 2; static int local; const int constant = 3;
extern int missing, weak_missing __attribute__((weak));
__attribute__((weak)) int weak_data = 4; __attribute__((weak)) void weak_code(void) {}
static void *resolve(void) { return 0; } int indirect(void) __attribute__((ifunc("resolve")));
__asm__(".section kept,\\"awR\\"; .byte 1; .previous");
int main(void) { return t + u + common + data + local + constant + missing + weak_missing; }
"""
SMALL = "int data = 1; int f(void) { return data; } int _start(void) { return f(); }\n"
WHOLE = ["-Dmissing=data"]
BUILDS = {"a.o": ["-c"], "common.o": ["-c", "-fcommon"], "so": ["-shared", "-fPIC"], "pie": ["-pie", "-fPIE", *WHOLE],
          "static-pie": ["-static-pie", "-fPIE", *WHOLE], "debug": ["-g", *WHOLE], "stripped": ["-s", *WHOLE]}
NARROW = {"32.o": ["-c", "-m32"], "32": ["-m32", "-nostdlib", "-static"], "32.so": ["-m32", "-nostdlib", "-shared", "-fPIC"],
          "x32": ["-mx32", "-nostdlib", "-static"]}


def big_endian():
    """An executable of s390x with a segment, four sections and two symbols."""
    names, symbol_names = b"\0.text\0.symtab\0.strtab\0.shstrtab\0", b"\0start\0other\0"
    symbols = bytes(24) + struct.pack(">IBBHQQ", 1, 0x12, 0, 1, 0x1000000, 8) + struct.pack(">IBBHQQ", 7, 0x11, 0, 0, 0, 0)
    at = 64 + 56 + 16
    body = bytes(16) + symbols + symbol_names + names
    segment = struct.pack(">IIQQQQQQ", 1, 5, 0, 0x1000000, 0x1000000, at, at, 0x1000)
    sections = [(0,) * 10, (1, 1, 6, 0x1000000 + at - 16, at - 16, 16, 0, 0, 4, 0), (7, 2, 0, 0, at, 72, 3, 1, 8, 24),
                (15, 3, 0, 0, at + 72, len(symbol_names), 0, 0, 1, 0), (23, 3, 0, 0, at + 72 + len(symbol_names), len(names), 0, 0, 1, 0)]
    table = 64 + 56 + len(body)
    ident = b"\x7fELF\x02\x02\x01" + bytes(9)
    header = ident + struct.pack(">HHIQQQIHHHHHH", 2, 22, 1, 0x1000078, 64, table, 0, 64, 56, 1, 64, len(sections), 4)
    return header + segment + body + b"".join(struct.pack(">IIQQQQIIQQ", *section) for section in sections)


class Objects:
    """Programs of the tests and the host, libraries, relocatable files, a core, narrow ones and one of another processor."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.made = [guest(name) for name in PROGRAMS]
        for builds, text in ((BUILDS, SOURCE), (NARROW, SMALL)):
            for name, options in builds.items():
                self.build(name, text, options)
        check(len(self.made) >= len(PROGRAMS) + len(BUILDS), "the compiler made only", self.made)
        debug = self.path("debug")
        self.make("only-debug", "objcopy", "--only-keep-debug", debug, self.path("only-debug"))
        self.make("core", "gdb", "-batch", "-nx", "-ex", "break main", "-ex", "run", "-ex", "generate-core-file " + self.path("core"), debug)
        with open(self.path("big-endian"), "wb") as file:
            file.write(big_endian())
        of_host = [[path for path in sorted(glob.glob(pattern)) if os.path.getsize(path) < 1 << 20 and begins_elf(path)][:12]
                   for pattern in ("/bin/*s", "/lib/x86_64-linux-gnu/lib[a-d]*.so.*", "/lib/modules/*/kernel/lib/*.ko")]
        return self.made + [self.path("big-endian")] + sum(of_host, [])

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def build(self, name, text, options):
        with open(self.path("a.c"), "w", encoding="utf-8") as file:
            file.write(text)
        self.make(name, "cc", "-w", *options, self.path("a.c"), "-o", self.path(name))

    def make(self, name, *command):
        if shutil.which(command[0]) and subprocess.run(command, capture_output=True, check=False).returncode == 0 and os.path.exists(self.path(name)):
            self.made.append(self.path(name))

    def __exit__(self, *_):
        self.folder.cleanup()


def begins_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def unordered(text):
    """The lines of readelf's tables without its explanations, in any order: sections come later here."""
    lines = [line.rstrip() for line in text.splitlines()]
    return sorted(line for line in lines if line and not re.match(r"Key to|  [WLCRD] \(|Elf file type|Entry point 0x|There are \d+ (section|program)", line))


def test_elf_readelf():
    with Objects() as paths:
        check(len(paths) >= 20, paths)
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


def readelf_symbols(path):
    """value and name, of files that nm does not know."""
    rows = re.findall(r"^ +\d+: (\w+) +\S+ (\w+) +\w+ +\w+ +\w+ (\S+)$", tool("readelf", "-sW", path), re.M)
    return sorted((int(value, 16), name) for value, kind, name in rows if kind not in ("SECTION", "FILE"))


def test_elf_nm():
    with Objects() as paths:
        for path in paths:
            expected, found = symbol_rows(tool("nm", "-S", path)) or symbol_rows(tool("nm", "-S", "-D", path)), our_symbols(path)
            if path.endswith("big-endian"):
                expected, found = readelf_symbols(path), [(value, name) for value, _, _, name in found]
                check(len(expected) == 2, expected)
            check(expected == found, path, "nm has\n", [row for row in expected if row not in found][:20],
                  "\nwe have\n", [row for row in found if row not in expected][:20])


def test_elf_few_symbols_unless_all():
    short, full = shown(guest("hello.gnu")), shown("--all", guest("hello.gnu"))
    check("more (--all shows them)" in short and "more (--all shows them)" not in full)
    check(" T main\n" in full and len(short.splitlines()) < 250, len(short.splitlines()))


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
            result = execscope("elf", path)
            check(result.status in (0, 1) and ("\n! " in result.stdout.decode()) and said in result.stdout.decode(), said, result)


if __name__ == "__main__":
    cases.run(__name__)
