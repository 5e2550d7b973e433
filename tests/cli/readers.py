"""The commands that read traces: what is wrong with a file, the recipes of docs/recipes.md, usage."""
import csv
import io
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import cases
from cases import Options, check
from traced import Traced
from world import execscope, guest

SQLITE = ["export", "-o", "OUT", "--format", "sqlite"]
RECIPES = os.path.join(HERE, "..", "..", "docs", "recipes.md")
TEXT_FORMATS = ("perfetto", "ftrace", "strace", "tenet", "lcov", "csv")


def test_recipes():
    """Each prints what docs/recipes.md says; EXECSCOPE_WRITE_PAGES=1 writes it there."""
    with open(RECIPES, encoding="utf-8") as file:
        text = file.read()
    path = os.path.dirname(os.path.abspath(Options.execscope))
    pieces = re.split(r"^(```sh\n.*?^```\n(?:\n```text\n.*?^```\n)?)", text, flags=re.S | re.M)
    recipes = {"jq": 0, "sqlite3": 0, "C++": 0}
    with tempfile.TemporaryDirectory() as folder:
        for i, piece in enumerate(pieces):
            if not piece.startswith("```sh\n"):
                continue
            command, _, expected = piece.partition("\n```\n")
            command = command[len("```sh\n"):]
            done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False,
                                  env={**os.environ, "PATH": ":".join((path, path + "/tests", os.environ["PATH"])), "LC_ALL": "C.UTF-8"})
            check(done.returncode == 0, command, done.stderr)
            name = "C++" if "example_" in command else command.split()[0]
            if name not in recipes:
                continue
            recipes[name] += 1
            check(done.stdout and not done.stderr, "prints nothing:", command, done.stderr)
            pieces[i] = "```sh\n" + command + "\n```\n\n```text\n" + done.stdout + "```\n"
            if "EXECSCOPE_WRITE_PAGES" not in os.environ:
                check(pieces[i] == piece, "docs/recipes.md does not say what it prints (EXECSCOPE_WRITE_PAGES=1 writes it):", done.stdout, "but", expected)
    check(min(recipes["jq"], recipes["sqlite3"]) >= 10 and recipes["C++"], recipes)
    if "EXECSCOPE_WRITE_PAGES" in os.environ:
        with open(RECIPES, "w", encoding="utf-8") as file:
            file.write("".join(pieces))


def failing(content, *words, commands=None):
    """Each reader of traces says what is wrong with the file, and in which line."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bad.jsonl")
        with open(path, "wb") as file:
            file.write(content)
        for command in commands or [["tree"], ["explain"], ["diff", path], *(["export", "--format", name] for name in TEXT_FORMATS),
                                    SQLITE]:
            result = execscope(*(folder + "/out" if part == "OUT" else part for part in command), path)
            lines = result.stderr.decode().splitlines()
            check(result.status == 125 and len(lines) == 1 and lines[0].startswith("execscope: " + path), command, result)
            for word in words:
                check(word in lines[0], command, "does not say", repr(word), result)


def test_bad_traces():
    with Traced() as traced:
        with open(traced.path, "rb") as file:
            lines = file.read().splitlines(keepends=True)
    failing(b"", "holds no events")
    failing(b"\x7fELF\n", "line 1", commands=[["export", "--format", "csv"]])
    failing(b"".join(lines[1:3]), "line 1", "header")
    failing(b"".join(lines[:100]) + lines[100][:-10], "line 101", "cut")
    failing(b"".join(lines[:10]) + b"{}\n", "line 11", "no 'kind'")
    failing(b"".join(lines[:10]) + b"[" * 100000 + b"\n", "line 11")
    failing(b"".join(lines) + lines[1], "line %d" % (len(lines) + 1), "footer")
    failing(lines[0] + lines[1] + lines[1], "line 3", "UNIQUE", commands=[SQLITE])
    failing(lines[0] + b'{"kind":"call","seq":1,"args":[%s0]}\n' % (b"0," * 2_000_000), "line 2", "more than 1048576 values", commands=[["verify"], ["tree"]])
    call = b'{"kind":"call","seq":1,"insn":0,"pid":1,"function":"f","args":{}}\n'
    failing(lines[0] + call * 5000, "line 1002", "deeper", commands=[["export", "--format", "perfetto"], ["tree"]])


def test_neither_trace_nor_program():
    """One operand may be both: what is neither is said to be neither, a damaged beginning is that of a trace."""
    with Traced() as traced, tempfile.TemporaryDirectory() as folder:
        with open(traced.path, "rb") as file:
            trace = file.read()
        assert trace.startswith(b'{"kind":"header"')
        neither, damaged = ("is neither a trace", "nor a program", "execscope trace -o"), (", line 1: ", "no trace, or its beginning is damaged")
        for name, content, executable, words in (
                ("text", b"hello\n", False, (*neither, "its first line is no header", "no execute permission")), ("text", b"hello\n", True, (*neither, "ENOEXEC")),
                ("none", b"", False, (*neither, "it is empty")), ("random", bytes(range(1, 200)), True, neither),
                ("elf", trace[:4].replace(b'{"ki', b"\x7fELF"), True, ("cannot execute", "ENOEXEC")), ("script", b"#!/no/such\n", True, ("cannot execute", "/no/such")),
                ("x", b"x" + trace[1:], True, damaged), ("y", trace.replace(b'"kind"', b'"kin"', 1), False, damaged), ("text.jsonl", b"hello\n", False, damaged),
                ("text.zst", zstd(b"hello\n"), False, damaged), ("text", zstd(b"hello\n"), True, damaged), ("z", b"execscope-compacd 2 rax\n", False, damaged),
                ("headless", trace.partition(b"\n")[2], False, (", line 1: a trace begins with a header",)), ("start", trace[:9], False, ("line 1: the trace was cut",)),
                ("later", trace.replace(b'"version":"', b'"version":"9', 1), False, ("line 1: this is version",))):
            path = os.path.join(folder, name)
            with open(path, "wb") as file:
                file.write(content)
            os.chmod(path, 0o755 if executable else 0o644)
            for command in ("tree", "explain"):
                result = execscope(command, path)
                said = result.stderr.decode()
                check(result.status == 125 and said.count("\n") == 1 and not any(word not in said for word in words), command, name, result)
                check(("neither" in said) == ("neither" in words[0]) and ("beginning is damaged" in said) == (words is damaged), command, name, said)
            os.unlink(path)


def zstd(data):
    """A frame of one raw block (RFC 8878, 3.1.1)."""
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(data)]) + (len(data) << 3 | 1).to_bytes(3, "little") + data


def test_compressed_traces():
    """FILE.zst holds the same bytes; every reader takes it, also from standard input; damage is said with its line."""
    everything = ("trace", "-e", "trace=all", "--", guest("hello.musl"))
    with Traced(*everything) as traced:
        small = traced.path + ".zst"
        result = execscope("trace", "-e", "trace=all", "--verify-determinism", "-o", small, "--", guest("hello.musl"))
        check(result.status == 3 and result.stdout == b"hello\n", result)
        with open(small, "rb") as file:
            data = file.read()
        check(data[:4] == b"\x28\xb5\x2f\xfd" and data[-4:] == b"\xb1\xea\x92\x8f" and len(data) * 4 < os.path.getsize(traced.path), len(data))
        check(execscope("diff", traced.path, small).status == 0)
        for command in (["verify"], ["tree"], ["explain"], *(["export", "--format", name] for name in ("strace", "csv"))):
            wanted = execscope(*command, traced.path)
            check(wanted.status == 0 and len(wanted.stdout) > 100, command, wanted)
            with open(small, "rb") as file:
                piped = subprocess.run([Options.execscope, *command, "-"], stdin=file, capture_output=True, check=False)
            for seen in (execscope(*command, small).stdout, piped.stdout):
                check(seen.replace(small.encode(), b"T").replace(b"standard input", b"T") == wanted.stdout.replace(traced.path.encode(), b"T"), command)
        bad = data[:-26] + bytes([data[-26] ^ 0x55]) + data[-25:]       # in the checksum of the only frame
        failing(bad, "line ", "damaged", commands=[["verify"], ["tree"], ["export", "--format", "csv"]])
        failing(data[:4] + b"\xff" * 60, "line 1", "damaged", commands=[["verify"], ["tree"]])
        with open(small, "wb") as file:
            file.write(data[:-2000])
        cut = execscope("verify", small)
        check(cut.status == 2 and b"was cut" in cut.stdout, cut)
        full = os.path.join(traced.folder.name, "full.zst")
        os.symlink("/dev/full", full)
        result = execscope("trace", "-o", full, "--", guest("hello.musl"))
        check(result.status == 125 and result.stdout == b"hello\n" and b"No space left" in result.stderr, result)


def test_damaged_compact_traces():
    """The message names the line behind the last good one, however the file is read by pieces."""
    with Traced("trace", "-e", "trace=all", "--", guest("hello.musl")) as traced:
        path = traced.path[:-len("jsonl")] + "trace"
        result = execscope("trace", "-e", "trace=all", "-o", path, "--", guest("hello.musl"))
        check(result.status == 3, result)
        with open(path, "rb") as file:
            data = file.read()
        with open(traced.path, "rb") as file:
            lines = file.read().splitlines(keepends=True)
    commands = [["verify"], ["tree"], ["explain"], ["export", "--format", "csv"]]
    for number in (100, len(lines) // 2, len(lines) - 50):
        number = next(i for i in range(number, len(lines)) if b'"kind":"insn"' not in lines[i])
        at = data.index(b"L" + (len(lines[number]) - 1).to_bytes(4, "little") + lines[number][:-1])
        for record in (b"Z", b"L\xff\xff\xff\xff", b"D\xff\xff", b"I\xff\xff\0\0\0\0"):
            failing(data[:at] + record + data[at + len(record):], "line %d:" % (number + 1), "damaged at byte %d:" % at, commands=commands)
    failing(data[:-1] + bytes([data[-1] ^ 1]), "line %d:" % len(lines), "hash", commands=commands)


def test_cut_trace():
    """What is complete is shown, and that something is missing is said."""
    with Traced() as traced:
        with open(traced.path, "rb") as file:
            begin = b"".join(file.read().splitlines(keepends=True)[:500])
        with open(traced.path, "wb") as file:
            file.write(begin)
        for format in ("perfetto", "csv"):
            result = execscope("export", "--format", format, traced.path)
            check(result.status == 0 and b"was cut" in result.stderr and len(result.stdout) > 1000, result)
        json.loads(execscope("export", "--format", "perfetto", traced.path).stdout)
        rows = list(csv.reader(io.StringIO(execscope("export", "--format", "csv", traced.path).stdout.decode(), newline="")))
        check(len(rows) == 501, len(rows))


def test_deep_calls_are_not_drawn_deep():
    with Traced() as traced:
        with open(traced.path, "rb") as file:
            header = file.readline()
        with open(traced.path, "wb") as file:
            file.write(header)
            for i in range(20):
                for kind in ("call", "return"):
                    for _ in range(900):
                        more = '"args":{}' if kind == "call" else '"result":null'
                        file.write(f'{{"kind":"{kind}","seq":1,"insn":0,"pid":1,"function":"f","args":{{}},{more}}}\n'
                                   .replace('"args":{},"args":{}', '"args":{}').encode())
        tree = execscope("tree", traced.path)
        check(tree.status == 0 and len(tree.stdout) < 20 * 2 * 900 * 180, len(tree.stdout), tree.stderr)


def test_export_usage():
    for arguments, words in (((), ("--format",)), (("--format", "vcd", "x"), ("vcd",)), (("--format", "csv"), ("TRACE",)),
                             (("--format", "csv", "a", "b"), ("b",)), (("--format", "csv", "--frob", "a"), ("--frob",)),
                             (("--format", "csv", "/no/such.jsonl"), ("/no/such.jsonl", "No such file")),
                             (("--format", "csv", "-o", "/no/out", RECIPES), (RECIPES, "line 1")),
                             (("--format", "csv", "--pid", "3", RECIPES), ("csv", "--pid")), (("--format", "tenet", "--pid", "0", RECIPES), ("--pid",)),
                             (("--format", "tenet", "--program", "x", RECIPES), ("--program",)), (("--format", "sqlite", RECIPES), ("-o",))):
        result = execscope("export", *arguments)
        check(result.status == 125 and result.stdout == b"", arguments, result)
        for word in words:
            check(word in result.stderr.decode(), arguments, word, result)
    with Traced() as traced:
        result = execscope("export", "--format", "csv", "-o", "/dev/full", traced.path)
        check(result.status == 125 and b"No space left" in result.stderr, result)
        piped = subprocess.run([Options.execscope, "export", "--format", "csv", "-"], stdin=open(traced.path, "rb"), capture_output=True, check=False)
        check(piped.returncode == 0 and piped.stdout.startswith(b"seq,"), piped)


if __name__ == "__main__":
    cases.run(__name__)
