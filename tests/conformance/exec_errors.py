#!/usr/bin/env python3
"""Good and broken executables: the errno or signal that Linux 3.10 gives for each row of the spec's error table, and that
Linux 6.1 gave for each file of its capture (linux-6.1/exec_errno.json)."""
import json
import os
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
from cases import Options, check
from traces import events_of

EXIT_0 = bytes.fromhex("b83c00000031ff0f05")     # mov $60, %eax; xor %edi, %edi; syscall
IDENT = b"\x7fELF\x02\x01\x01" + b"\0" * 9
PT_LOAD, PT_INTERP, PT_NOTE, PT_GNU_STACK = 1, 3, 4, 0x6474E551


def header(kind, flags, offset, address, file_size, memory_size, align=0x1000):
    return struct.pack("<IIQQQQQQ", kind, flags, offset, address, address, file_size, memory_size, align)


def elf(headers, body=EXIT_0, kind=2, machine=62, number=None, size=56, entry=0, ident=IDENT, table=64):
    count = len(headers) if number is None else number
    return ident + struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, entry, table, 0, 0, 64, size, count, 0, 0, 0) + b"".join(headers) + body


def good(extra=(), kind=2, base=0x400000, **fields):
    offset = 64 + 56 * (1 + len(extra))
    load = header(PT_LOAD, 5, 0, base, offset + 209, offset + 209)
    return elf([load, *extra], EXIT_0 + b"\0" * 200, kind, entry=base + offset, **fields)


def one_segment(address, file_size, memory_size, entry, kind=PT_LOAD, elf_kind=2, flags=5):
    return elf([header(kind, flags, 0, address, file_size, memory_size)], EXIT_0 * 50, elf_kind, entry=entry)


def with_bytes(content, offset, value):
    return content[:offset] + value + content[offset + len(value):]


def many(number):
    offset = 64 + 56 * number
    load = header(PT_LOAD, 5, 0, 0x400000, offset + 309, offset + 309)
    return elf([load] + [header(0, 0, 0, 0, 0, 0)] * (number - 1), EXIT_0 + b"\0" * 300, entry=0x400000 + offset)


def interpreted(path, file_size=None, end=b"\0"):
    name, offset = path + end, 64 + 56 * 2
    at = offset + len(EXIT_0)
    headers = [header(PT_INTERP, 4, at, 0x400000 + at, len(name) if file_size is None else file_size, len(name)),
               header(PT_LOAD, 5, 0, 0x400000, offset + 300, offset + 300)]
    return elf(headers, EXIT_0 + name + b"\0" * 300, entry=0x400000 + offset)


def aout(magic, size):
    return struct.pack("<8I", magic | 100 << 16, 0x1000, 0x1000, 0, 0, 0x1000, 0, 0) + b"\0" * size


def files(path):
    """name -> (bytes, expected); path: the folder they will lie in, as bytes"""
    table = {
        "good": (good(), "exit 0"), "empty-file": (b"", "ENOEXEC"), "garbage-text": (b"hello world\n", "ENOEXEC"),
        "garbage-bin": (b"\x01\x02\x03\x04zzzz", "ENOEXEC"), "truncated": (good()[:100], "EIO"), "header-cut": (good()[:40], "ENOEXEC"),
        "elf-magic": (good(ident=b"\x7fELG" + IDENT[4:]), "ENOEXEC"), "elf-type": (good(kind=1), "ENOEXEC"),
        "elf-machine": (good(machine=183), "ENOEXEC"), "elf-class": (good(ident=b"\x7fELF\x01\x02\x09" + b"\0" * 9), "exit 0"),
        "elf-phentsize": (good(size=57), "ENOEXEC"), "elf-phnum0": (good(number=0), "ENOEXEC"), "phnum-74": (many(74), "exit 0"),
        "phnum-1170": (many(1170), "exit 0"), "phnum-1171": (many(1171), "ENOEXEC"), "elf-ph-short": (good(table=100000), "EIO"),
        "ph-negative": (good(table=1 << 63), "EINVAL"),
        "interp-missing": (interpreted(b"/nope"), "ENOENT"), "interp-len-1": (interpreted(b"/nope", 1), "ENOEXEC"),
        "interp-len-5000": (interpreted(b"/nope", 5000), "ENOEXEC"), "interp-short": (interpreted(b"/nope", 4000), "EIO"),
        "interp-nonul": (interpreted(b"/nope", end=b"x"), "ENOEXEC"), "interp-tiny": (interpreted(path + b"/tiny"), "EIO"),
        "interp-magic": (interpreted(path + b"/text"), "ELIBBAD"), "interp-ph": (interpreted(path + b"/elf-phnum0"), "SIGSEGV"),
        "interp-type": (interpreted(path + b"/elf-type"), "SIGSEGV"), "interp-noload": (interpreted(path + b"/note"), "SIGSEGV"),
        "interp-ok": (interpreted(path + b"/pie"), "exit 0"), "tiny": (b"\x7fELF", "ENOEXEC"), "text": (b"A" * 500, "ENOEXEC"),
        "note": (one_segment(0, 0, 0, 0x78, PT_NOTE, 3), "SIGSEGV"), "pie": (good(kind=3, base=0), "exit 0"),
        "seg-misaligned": (one_segment(0x400010, 200, 200, 0x400010), "SIGKILL"),
        "seg-filesz": (one_segment(0x400000, 300, 200, 0x400078), "SIGKILL"),
        "seg-task-size": (one_segment(0x7FFFFFFFF000, 200, 200, 0x400078), "SIGKILL"),
        "seg-wraps": (one_segment(0x400000, 1 << 63, (1 << 64) - 1, 0x400078), "SIGKILL"),
        "seg-huge-offset": (elf([header(PT_LOAD, 5, (1 << 64) - 0x1000, 0x400000, 0x2000, 0x2000)]), "SIGKILL"),
        "bss-pad": (one_segment(0x400000, 200, 0x3000, 0x400078), "SIGSEGV"),
        "bss-huge": (one_segment(0x400000, 200, 0x7FFFFF000000, 0x400078, flags=7), "SIGKILL"),
        "no-load": (one_segment(0, 0, 0, 0x400078, PT_NOTE), "SIGSEGV"), "dyn-noload": (one_segment(0, 0, 0, 0x400078, PT_NOTE, 3), "SIGSEGV"),
        "entry-bad": (one_segment(0x400000, 400, 400, 0xFFFF800000000000), "SIGSEGV"),
        "entry-unmapped": (one_segment(0x400000, 400, 400, 0x500000), "SIGSEGV"),
        "script-empty": (b"#!\n", "ENOEXEC"), "script-blank": (b"#!   \t \nx", "ENOEXEC"), "script-missing": (b"#!/nope\n", "ENOENT"),
        "script-noexec": (b"#!" + path + b"/no-x\n", "EACCES"), "script-ok": (b"#! " + path + b"/good -x y\n", "exit 0"), "script-cr": (b"#!" + path + b"/good\r\n", "ENOENT"),
        "script-cut": (b"#!" + path + b"/good" + b"a" * 200 + b"\n", "ENOENT"), "script-arg-cut": (b"#!" + path + b"/good " + b"a" * 400 + b"\n", "exit 0"),
        "aout": (aout(0o413, 9000), "ENOEXEC"), "aout-short": (aout(0o413, 20), "ENOEXEC"), "elf-386": (good(machine=3), "ENOEXEC"),
    }
    previous = path + b"/good"
    for level in range(1, 8):
        table["nest-%d" % level] = (b"#!" + previous + b"\n", "exit 0" if level <= 5 else "ELOOP")
        previous = path + b"/nest-%d" % level
    return table


def outcome(arguments, options=()):
    profile = [] if "--profile" in options else ["--profile", "v3.10"]
    result = subprocess.run([Options.execscope, "run", *profile, *options, "--", *arguments], capture_output=True, text=True, timeout=120)
    if result.returncode == 125:
        words = [word.strip(":()") for word in result.stderr.split()]
        return next((word for word in words if word.startswith("E") and word.isupper()), result.stderr)
    if result.returncode in (128 + 9, 128 + 11):
        return {137: "SIGKILL", 139: "SIGSEGV"}[result.returncode]
    return "exit %d" % result.returncode


class Folder:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="x")
        path = self.folder.name
        os.chmod(path, 0o755)
        for name, (data, _) in files(path.encode()).items():
            self.put(name, data, 0o755)
        self.put("no-x", good(), 0o644)
        os.symlink("loop2", path + "/loop1")
        os.symlink("loop1", path + "/loop2")
        return path

    def put(self, name, data, mode):
        path = self.folder.name + "/" + name
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, mode)

    def __exit__(self, *_):
        self.folder.cleanup()


def compare(rows):
    wrong = ["%s: expected %s, got %s" % (name, expected, found) for name, expected, found in rows if expected != found]
    check(not wrong, "\n".join(wrong))


def test_files():
    with Folder() as path:
        binds = ["--bind", path]
        compare([(name, expected, outcome([path + "/" + name], binds)) for name, (_, expected) in files(path.encode()).items()])


def test_paths():
    with Folder() as path:
        binds = ["--bind", path]
        rows = {"nope": "ENOENT", "good/x": "ENOTDIR", ".": "EACCES", "loop1": "ELOOP", "no-x": "EACCES", "a" * 256: "ENAMETOOLONG"}
        compare([(name, expected, outcome([path + "/" + name], binds)) for name, expected in rows.items()])


def test_arguments():
    if not os.access("/bin/busybox", os.X_OK):
        raise cases.Skip("no /bin/busybox")
    with Folder() as path:
        shell = ["/bin/busybox", "sh", "-c", 'ulimit -s 1024; exec "$@"', "sh", path + "/good"]      # 256 KiB of strings
        rows = [("131071 + NUL", "exit 0", ["a" * 131071]), ("200 KB", "exit 0", ["a" * 99999] * 2), ("300 KB", "exit 126", ["a" * 99999] * 3)]
        compare([(name, expected, outcome(shell + arguments, ["--bind", path])) for name, expected, arguments in rows])


DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "linux-6.1")


def expected_of(row):
    if row["result"] == "errno":
        return row["name"]
    return "exit %d" % row["exit"] if row["result"] == "ran" else row["name"] + " " + row["result"]


def outcome_in_6_1(root, trace, path):
    """As outcome(); for a signal also on which side of the new program's start it came."""
    found = outcome([path], ["--profile", "v6.1", "--root", root])
    if not found.startswith("SIG"):
        return found
    subprocess.run([Options.execscope, "trace", "--profile", "v6.1", "-e", "trace=task", "--root", root, "-o", trace, "--", path],
                   capture_output=True, timeout=120, check=False)
    started = any(event["filename"] == path for event in events_of(trace, "sched_process_exec"))
    return found + (" exec_ok_then_killed_in_user_mode" if started else " killed_inside_execve")


def test_linux_6_1():
    with open(os.path.join(DATA, "exec_errno.json"), encoding="utf-8") as file:
        rows = json.load(file)["results"]
    check(len(rows) == 74, len(rows), "rows")
    with tempfile.TemporaryDirectory() as directory:
        root = os.path.join(directory, "root")
        os.mkdir(root)
        subprocess.run(["tar", "-C", root, "--zstd", "-xf", os.path.join(DATA, "root.tar.zst")], check=True)
        trace = os.path.join(directory, "trace")
        paths = {row["file"]: "/t/hello_asm/x" if row["file"] == "x" else "/t/" + row["file"] for row in rows}
        compare([(row["file"], expected_of(row), outcome_in_6_1(root, trace, paths[row["file"]])) for row in rows])


def registered(profile):
    """The formats as __register_binfmt was called for them, and the list that comes of it."""
    with Folder() as path, tempfile.TemporaryDirectory() as directory:
        trace = os.path.join(directory, "trace")
        subprocess.run([Options.execscope, "trace", "-e", "trace=all,!insn", "--profile", profile, "-o", trace, "--bind", path, "--", path + "/good"],
                       capture_output=True, timeout=120, check=True)
        calls, formats = [], []
        for event in events_of(trace, "call"):
            if event["function"] == "__register_binfmt":
                arguments = event["args"]
                calls.append(arguments["fmt"])
                formats.insert(0 if arguments["insert"] else len(formats), arguments["fmt"])
    return calls, formats


def test_formats():
    """binfmt_order.json; and v3.10's, where misc is no module and a.out comes last (spec, binfmt_registration)."""
    with open(os.path.join(DATA, "binfmt_order.json"), encoding="utf-8") as file:
        truth = json.load(file)
    calls, formats = registered("v6.1")
    callers = [call["called_from"].replace("init_", "").replace("_binfmt", "_format") for call in truth["register_binfmt_calls"]]
    check(calls == callers, calls, callers)
    walked = [line.split(" ")[0] for line in truth["formats_list_order_when_walked"]]
    check(formats == walked, formats, walked)
    check(registered("v3.10")[1] == walked + ["aout_format"], registered("v3.10"))


if __name__ == "__main__":
    cases.run(__name__)
