"""Each documented command with its result, the failing ones included."""
import json
import os
import re
import struct
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import cases
from cases import check
from traces import events_of
from world import Tree, execscope, guest, needs

OWN_FAILURE = 125
COMMANDS = ("run", "trace", "tree", "elf", "survey", "demo", "explain", "export", "diff", "verify")


def helloBytes():
    with open(guest("hello.gnu"), "rb") as file:
        return file.read()


def with16(content, offset, value):
    return content[:offset] + struct.pack("<H", value) + content[offset + 2:]


def makeFile(folder, content, mode=0o755, name="program"):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, mode)
    return path


def oneLine(result, *words):
    """Nothing on stdout, status 125, and exactly one line on stderr that says all the words."""
    check(result.status == OWN_FAILURE, "expected status 125:", result)
    check(result.stdout == b"", "our own words on stdout:", result)
    lines = result.stderr.decode().splitlines()
    check(len(lines) == 1 and lines[0].startswith("execscope: "), "expected one line:", result)
    for word in words:
        check(word in lines[0], "does not say", repr(word), ":", result)


def cannotRun(content, errno_name, mode=0o755, options=()):
    with tempfile.TemporaryDirectory() as folder:
        path = makeFile(folder, content, mode)
        oneLine(execscope("run", *options, "--", path), path, errno_name)


def test_missing_file():
    oneLine(execscope("run", "--", "/no/such/program"), "/no/such/program", "ENOENT")


def test_missing_in_path():
    oneLine(execscope("run", "--", "nosuchprogram"), "nosuchprogram", "ENOENT")


def test_directory():
    with tempfile.TemporaryDirectory() as folder:
        oneLine(execscope("run", "--", folder), folder, "EACCES", "directory")


def test_file_below_a_file():
    with Tree() as tree:
        tree.copy(guest("hello.gnu"), "/hello")
        oneLine(execscope("run", "--root", tree.path, "--", "/hello/x"), "/hello/x", "ENOTDIR")


def test_no_x_bit():
    cannotRun(helloBytes(), "EACCES", 0o644)


def test_empty_file():
    cannotRun(b"", "ENOEXEC")


def test_plain_text():
    cannotRun(b"just some words\nand more\n", "ENOEXEC")


def test_random_bytes():
    cannotRun(bytes(range(128, 256)) * 40, "ENOEXEC")


def test_truncated_elf_header():
    cannotRun(helloBytes()[:40], "ENOEXEC")


def test_truncated_elf_100_bytes():
    # The program header table lies beyond the end: 3.10 hands on the failed read (EIO); later kernels say ENOEXEC.
    cannotRun(helloBytes()[:100], "EIO", options=("--profile", "v3.10"))
    cannotRun(helloBytes()[:100], "ENOEXEC")


def test_aarch64_elf():
    cannotRun(with16(helloBytes(), 18, 183), "ENOEXEC")


def test_relocatable_elf():
    cannotRun(with16(helloBytes(), 16, 1), "ENOEXEC")


def test_script_without_interpreter():
    cannotRun(b"#!\n", "ENOEXEC")


def test_script_with_missing_interpreter():
    cannotRun(b"#!/no/interpreter\n", "ENOENT")


def test_symlink_loop():
    with tempfile.TemporaryDirectory() as folder:
        os.symlink("b", os.path.join(folder, "a"))
        os.symlink("a", os.path.join(folder, "b"))
        with Tree() as tree:
            os.symlink("b", tree.path + "/a")
            os.symlink("a", tree.path + "/b")
            oneLine(execscope("run", "--root", tree.path, "--", "/a"), "/a", "ELOOP")


def test_trace_of_missing_file():
    with tempfile.TemporaryDirectory() as folder:
        oneLine(execscope("trace", "-o", folder + "/t.jsonl", "--", "/no/such/program"), "ENOENT")


def test_missing_root():
    oneLine(execscope("run", "--root", "/no/such/root", "--", "/bin/x"), "/no/such/root")


def test_missing_bind():
    oneLine(execscope("run", "--bind", "/no/such/file", "--", guest("hello.gnu")), "/no/such/file")


def test_unwritable_output():
    oneLine(execscope("trace", "-o", "/no/such/folder/t.jsonl", "--", guest("hello.gnu")), "/no/such/folder/t.jsonl")


def usageError(*arguments):
    result = execscope(*arguments)
    check(result.status == OWN_FAILURE and result.stdout == b"" and result.stderr.startswith(b"execscope: "), result)
    check(len(result.stderr.splitlines()) <= 3, "too long:", result)
    return result.stderr.decode()


def test_wrong_option():
    check("--wrong" in usageError("run", "--wrong", "--", "x"))


def test_wrong_command():
    check("wrong: is no command" in usageError("wrong"))


def test_no_command():
    usageError()


def test_no_program():
    usageError("run")


def test_wrong_profile():
    check("v2.6" in usageError("run", "--profile", "v2.6", "--", guest("hello.gnu")))


def test_wrong_category():
    check("nonsense" in usageError("trace", "-e", "trace=nonsense", "-o", "/dev/null", "--", guest("hello.gnu")))


def test_wrong_number():
    usageError("run", "--max-instructions", "many", "--", guest("hello.gnu"))
    for option, value in (("--max-instructions", "0"), ("--seed", "-1"), ("--uid", "4294967295"), ("--seed", "18446744073709551616")):
        check(value in usageError("run", option, value, "--", guest("hello.gnu")), option, value)


def test_help_fits_the_screen():
    for arguments in (["--help"], *([command, "--help"] for command in COMMANDS)):
        result = execscope(*arguments)
        lines = result.stdout.decode().splitlines()
        check(result.status == 0 and result.stderr == b"", result)
        check(0 < len(lines) <= 40, arguments, "has", len(lines), "lines\n", result.stdout.decode())
        check(max(map(len, lines)) <= 80, arguments, "is wider than 80:", [line for line in lines if len(line) > 80])


def test_inject():
    hello = guest("hello.gnu")
    oneLine(execscope("run", "--inject", "bprm_execve:error=EIO:when=2", "--", hello), hello, "EIO", "--inject made bprm_execve fail")
    oneLine(execscope("run", "--inject", "bprm_exeve:error=EIO", "--", hello), "v6.1 has no function bprm_exeve", "bprm_execve")
    oneLine(execscope("run", "--inject", "mmput:error=EIO", "--", hello), "mmput cannot fail")
    oneLine(execscope("run", "--inject", "bprm_execve:error=EWHAT", "--", hello), "EWHAT", "errno")
    oneLine(execscope("run", "--inject", "bprm_execve:error=EIO", "--", hello), "No init found", "--inject made bprm_execve fail")
    unused = execscope("run", "--inject", "bprm_execve:error=EIO:when=3", "--", hello)
    check(unused.status == 3 and b"changed nothing: bprm_execve was called 2 times" in unused.stderr, unused)


def test_inject_is_traced():
    injection = "exec_mmap:error=EINTR:when=2"
    traced = execscope("trace", "-o", "-", "--inject", injection, "--", guest("hello.gnu"))
    events = [json.loads(line) for line in traced.stdout.splitlines()]
    check(events[0]["options"]["inject"] == [injection], events[0])
    marked = [(event["function"], event["result"]) for event in events if event.get("injected")]
    check(marked == [("exec_mmap", -4)], marked)
    tree = execscope("tree", "--inject", injection, "--", guest("hello.gnu"))
    check(b"(injected)" in tree.stdout and tree.stdout.count(b"(injected)") == 1, tree)


def test_version():
    check(re.fullmatch(rb"execscope \d+\.\d+\.\d+\n", execscope("--version").stdout))


def test_status_passes_through():
    check(execscope("run", "--", guest("hello.gnu")).status == 3)


def test_without_dashes():
    check(execscope("run", guest("args.gnu"), "-x", "--help").stdout.count(b"argv[") == 3)


def test_killed_by_signal():
    for how, number in (("kill", 9), ("abort", 6), ("null", 11), ("ud2", 4), ("divide", 8)):
        result = execscope("run", "--", guest("crash.musl"), how)
        check(result.status == 128 + number, how, result)


def test_init_and_kthreadd_cannot_be_killed():
    """kill(2), notes. Not run natively: the host's pid 1 may have handlers."""
    script = "kill -9 1; kill -STOP 1; kill -9 2; kill -TERM 2; sleep 1; echo alive"
    result = execscope("run", "--", needs("/bin/busybox"), "sh", "-c", script)
    check((result.status, result.stdout) == (0, b"alive\n"), result)


def test_fork_without_end_is_refused():
    result = execscope("run", "--", guest("fork_bomb.gnu"))
    check((result.status, result.stdout) == (0, b"EAGAIN\n"), result)


def test_set_id_bits_do_not_reach_the_host():
    """Nor does a host's program keep them that the guest writes to. A directory's say only whose group the files in it get."""
    with tempfile.TemporaryDirectory() as shared:
        makeFile(shared, b"old\n", 0o6755, "old")
        result = execscope("run", "--bind", shared + ":/out:rw", "--", needs("/bin/busybox"), "sh", "-c",
                           "b=/bin/busybox; umask 0; echo x > /out/f; $b chmod 6777 /out/f; $b mkdir -m 6777 /out/d; $b ls -l /out/f | $b cut -c 1-10;"
                           "echo more >> /out/old; $b chmod u+s /out/old")
        check((result.status, result.stdout) == (0, b"-rwsrwsrwx\n"), "the guest sees them:", result)
        modes = {name: oct(os.stat(os.path.join(shared, name)).st_mode & 0o7777) for name in ("f", "d", "old")}
        check(modes == {"f": "0o777", "d": "0o2777", "old": "0o755"}, modes)


def test_a_tree_that_cannot_be_written():
    result = execscope("tree", "-o", "/dev/full", "--", guest("hello.gnu"))
    check(result.status == 125 and b"No space left on device" in result.stderr, result)


def test_environment():
    expected = [b"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", b"HOME=/", b"TERM=linux"]
    found = re.findall(rb"^envp\[\d+\] (.*)$", execscope("run", "--", guest("args.gnu")).stdout, re.M)
    check(found == expected, "default environment:", found)
    found = re.findall(rb"^envp\[\d+\] (.*)$", execscope("run", "-E", "A=b c", "--", guest("args.gnu")).stdout, re.M)
    check(b"A=b c" in found and set(expected) < set(found), "-E:", found)


def test_guest_sees_only_its_world():
    with tempfile.TemporaryDirectory() as folder:
        makeFile(folder, b"secret\n", 0o644, "file")
        result = execscope("run", "--bind", "/bin/busybox", "--", needs("/bin/busybox"), "cat", folder + "/file")
        check(result.status == 1 and result.stdout == b"", "reads a host file that was not shown:", result)


def test_bind():
    with tempfile.TemporaryDirectory() as folder:
        makeFile(folder, b"shown\n", 0o644, "file")
        result = execscope("run", "--bind", folder + ":/shown", "--", needs("/bin/busybox"), "cat", "/shown/file")
        check(result.stdout == b"shown\n" and result.status == 0, result)
        result = execscope("run", "--bind", folder + ":/shown", "--", needs("/bin/busybox"), "sh", "-c", "echo x > /shown/file")
        check(result.status != 0, "a read-only bind was written:", result)
        result = execscope("run", "--bind", folder + ":/shown:rw", "--", needs("/bin/busybox"), "sh", "-c", "echo x > /shown/file")
        with open(folder + "/file", "rb") as file:
            check(file.read() == b"x\n" and result.status == 0, "a writable bind was not:", result)


def test_bind_keeps_open_files():
    """A write through a file that lost its name does not reach the file that has the name now; and the same for a shell's append."""
    scripts = {
        "exec 3<>/out/f; rm /out/f; echo new > /out/f; echo lost >&3; cat /out/f": (b"new\n", {"f": b"new\n"}),
        "exec 3>>/out/f; echo b > /out/b; mv /out/b /out/f; echo lost >&3; cat /out/f": (b"b\n", {"f": b"b\n"}),
        "exec 3>>/out/f; mv /out/f /out/g; echo other > /out/f; echo more >&3; cat /out/g":
            (b"first\nmore\n", {"f": b"other\n", "g": b"first\nmore\n"}),
        "exec 3<>/out/f; rm /out/f; echo lost >&3; mkdir /out/d; cd /out/d; rmdir /out/d; mkdir /out/d; echo x > y; ls /out/d": (b"", {}),
        "exec 3<>/out/f; rm /out/f; echo new > /out/f; echo again > /proc/self/fd/3; cat <&3": (b"again\n", {"f": b"new\n"}),
    }
    for script, (output, files) in scripts.items():
        with tempfile.TemporaryDirectory() as folder:
            makeFile(folder, b"first\n", 0o644, "f")
            result = execscope("run", "--bind", folder + ":/out:rw", "--", needs("/bin/busybox"), "sh", "-c", script)
            check(result.stdout == output, script, result)
            found = {}
            for name in os.listdir(folder):
                if os.path.isfile(os.path.join(folder, name)):
                    with open(os.path.join(folder, name), "rb") as file:
                        found[name] = file.read()
            check(found == files, script, found, result)


def test_fork_bombs_in_small_memory():
    wanted = b"start\nfountain: killed, gone\navalanche: killed, gone\nfull: yes\nmemory: all there\nmine: 4\n"
    for profile in ("v3.10", "v6.1"):
        result = execscope("run", "--profile", profile, "--memory", "32", "--", guest("bomb_memory.gnu"))
        check((result.status, result.stdout) == (0, wanted), profile, result)


def test_root_is_not_written():
    with Tree() as tree:
        tree.copy(needs("/bin/busybox"), "/bin/sh")
        tree.file("/data", b"before\n")
        result = execscope("run", "--root", tree.path, "--", "/bin/sh", "-c", "echo after > /data; cat /data; echo n > /new; rm /bin/sh")
        with open(tree.path + "/data", "rb") as file:
            check(file.read() == b"before\n", "the host's file changed")
        check(result.stdout == b"after\n", "the guest does not see its own write:", result)
        check(not os.path.exists(tree.path + "/new") and os.path.exists(tree.path + "/bin/sh"), "the host's tree changed")


def test_max_instructions():
    oneLine(execscope("run", "--max-instructions", "1000", "--", guest("hello.gnu")), "1000")


def traced(*arguments):
    with tempfile.TemporaryDirectory() as folder:
        result = execscope("trace", "-o", folder + "/t.jsonl", *arguments)
        return result, list(events_of(folder + "/t.jsonl"))


def test_trace_file():
    result, events = traced("--", guest("hello.gnu"))
    check(result.status == 3 and result.stdout == b"hello\n" and result.stderr == b"", result)
    kinds = [event["kind"] for event in events]
    check(kinds[0] == "header" and kinds[-1] == "footer", kinds[0], kinds[-1])
    check([event["seq"] for event in events] == list(range(len(events))), "sequence numbers have gaps")
    check(kinds.count("sched_process_fork") >= 1 and kinds.count("sched_process_exec") >= 1, set(kinds))


def test_trace_to_stdout():
    result = execscope("trace", "-o", "-", "--", guest("hello.gnu"))
    check(result.stderr == b"hello\n", "the guest's stdout moves to stderr:", result.stderr[:200])
    check(all(json.loads(line) for line in result.stdout.splitlines()), "stdout is the trace")


def test_trace_categories():
    _, everything = traced("--", guest("hello_asm"))
    _, some = traced("-e", "trace=syscall", "--", guest("hello_asm"))
    kinds = {event["kind"] for event in some}
    check("sys_enter" in kinds and "call" not in kinds and len(some) < len(everything), kinds)


def test_trace_of_a_failing_exec():
    with tempfile.TemporaryDirectory() as folder:
        path = makeFile(folder, b"words")
        execscope("trace", "-o", folder + "/t.jsonl", "--", path)
        text = json.dumps(list(events_of(folder + "/t.jsonl")))
        check("search_binary_handler" in text and "footer" in text)


def test_tree():
    result = execscope("tree", "--", guest("hello.gnu"))
    for function in ("do_execve", "search_binary_handler", "load_elf_binary", "do_fork", "copy_process", "do_exit"):
        check(function in result.stdout.decode(), function, "is not in the tree\n", result.stdout.decode()[:3000])
    with tempfile.TemporaryDirectory() as folder:
        execscope("trace", "-o", folder + "/t.jsonl", "--", guest("hello.gnu"))
        from_file = execscope("tree", folder + "/t.jsonl")
        check(from_file.stdout == result.stdout, "the tree of the trace is not the live one")


def test_tree_of_a_broken_trace():
    with tempfile.TemporaryDirectory() as folder:
        path = makeFile(folder, b'{"kind":"head', 0o644, "t.jsonl")
        result = execscope("tree", path)
        check(result.status == OWN_FAILURE and path in result.stderr.decode(), result)


def test_demo():
    with tempfile.TemporaryDirectory() as folder:
        result = execscope("demo", "-o", folder + "/hello.jsonl")
        check(result.status == 0 and len(result.stdout.splitlines()) > 5, result)
        check(list(events_of(folder + "/hello.jsonl"))[-1]["kind"] == "footer")


def unsupportedRecords(program):
    result, events = traced("--", guest(program))
    return result, [event for event in events if event["kind"] == "unsupported"]


def test_unsupported_syscall():
    # add_key is a call of Linux 3.10 that is not modelled: ENOSYS, one record, one line.
    result, records = unsupportedRecords("missing_call_asm")
    check(result.status == 38, result)
    check(len(records) == 1 and "add_key" in json.dumps(records[0]), records)
    check(result.stderr.count(b"\n") == 1 and b"add_key" in result.stderr, result)
    check(execscope("run", "--", guest("missing_call_asm")).stderr == result.stderr, "run says the same")


def test_syscall_newer_than_the_profile():
    # Number 1000 is no call of any kernel: ENOSYS as Linux gives, and nothing to complain about.
    result = execscope("run", "--", guest("unsupported_asm"))
    check(result.status == 38 and result.stderr == b"", result)


def test_unsupported_instruction():
    result, records = unsupportedRecords("missing_instruction_asm")
    check(result.status == 128 + 4, "SIGILL:", result)
    check(len(records) == 1 and "vpaddd" in json.dumps(records[0]).lower(), records)
    lines = [line for line in result.stderr.decode().splitlines() if "vpaddd" in line.lower()]
    check(len(lines) == 1, result)


def test_cpu_level():
    for level, found in (("x86-64-v1", 0), ("x86-64-v2", 1), ("x86-64-v3", 3)):
        result, events = traced("--cpu", level, "--", guest("level_asm"))
        check(result.status == found and result.stderr == b"" and events[0]["cpu"] == level, level, result)
        result, events = traced("--cpu", level, "--", guest("level_asm"), "avx")
        check(result.status == (found if found == 3 else 128 + 4), "SIGILL below v3:", level, result)
        check(not [event for event in events if event["kind"] == "unsupported"], "nothing is missing:", level)
    check(execscope("run", "--", guest("level_asm")).status == 3, "v3 unless told")
    check(execscope("run", "--cpu", "v2", "--", guest("level_asm")).status == 1, "a short name")
    result, events = traced("--profile", "v6.1", "--cpu", "v3+pku", "--", guest("level_asm"))
    check(result.status == 3 and events[0]["cpu"] == "x86-64-v3+pku", result, events[0])
    for without in (("--profile", "v3.10", "--cpu", "v3+pku"), ("--profile", "v6.1")):
        result = execscope("run", *without, "--", guest("pkeys.gnu"))
        check(result.status == 128 + 4, "SIGILL: the kernel or the processor has no protection keys", result)
    for wrong in ("x86-64-v4", "v3+", "v3+avx", "v3+ospke", "v2+pku", "+pku"):
        result = execscope("run", "--cpu", wrong, "--", guest("level_asm"))
        check(result.status == OWN_FAILURE and b"v3[+pku]" in result.stderr + b"v3[+pku]" * (wrong == "v2+pku"), wrong, result)


def documentedCommands():
    """The execscope command lines in the code blocks of README.md and docs/*.md."""
    root = os.path.join(HERE, "..", "..")
    pages = [os.path.join(root, "README.md"), os.path.join(root, "CONTRIBUTING.md")]
    pages += [os.path.join(root, "docs", name) for name in sorted(os.listdir(os.path.join(root, "docs"))) if name.endswith(".md")]
    for page in pages:
        with open(page, encoding="utf-8") as file:
            for block in re.findall(r"^```sh\n(.*?)^```", file.read(), re.S | re.M):
                for line in re.findall(r"^(?:\S*/)?execscope (.*)$", block, re.M):
                    yield os.path.basename(page), line


def test_documented_commands_exist():
    found = 0
    for page, line in documentedCommands():
        words = re.split(r"\s+(?:\||#|>|<)", line)[0].split()
        if words[0].startswith("-"):
            continue
        check(words[0] in COMMANDS, page, "names a command that is not there:", line)
        known = execscope(words[0], "--help").stdout.decode()
        for word in words[1:words.index("--") if "--" in words else len(words)]:
            if word.startswith("-") and word != "-":
                check(re.search(r"(?<![\w-])" + re.escape(word) + r"(?![\w-])", known), page, "names an option that is not there:", line)
        found += 1
    check(found >= 5, "found only", found, "commands")


def test_stats():
    def counts(*arguments):
        result = execscope("run", "--stats", "--", *arguments)
        return {name.strip(): int(n) for name, n in re.findall(r"^(.{15}) +(\d+)", result.stderr.decode(), re.M)}
    small, large = counts(guest("hello_asm")), counts(needs("/bin/busybox"), "sh", "-c", "for i in 1 2 3; do /bin/busybox true; done")
    names = ["instructions", "system calls", "page faults", "task switches", "memory", "blocks", "in blocks", "decoded", "TLB fills"]
    check(list(small) == names, small)
    check(all(0 < small[name] < large[name] for name in names), small, large)
    check(small["decoded"] <= small["in blocks"] and large["decoded"] < large["in blocks"] < large["instructions"], small, large)
    check(counts(guest("hello_asm")) == small, "two runs differ")


def test_level_of_the_c_library():
    """glibc's loader, which chooses by CPUID, takes the levels up to the processor's and no other."""
    loader = needs("/lib64/ld-linux-x86-64.so.2")
    for level in (1, 2, 3):
        text = execscope("run", "--cpu", f"v{level}", "--root", "/", "--", loader, "--help").stdout.decode()
        if "x86-64-v3" not in text:
            raise cases.Skip("this glibc does not show levels")
        taken = [int(n) for n in re.findall(r"x86-64-v(\d) \(supported", text)]
        check(sorted(taken) == list(range(2, level + 1)), level, text)


def test_large_image():
    """Of a program of 1 GiB, what is decoded and what is in memory is what runs: a jump from the first page to the last, and an exit."""
    base, size, first, last = 0x400000, 1 << 30, 0x1000, (1 << 30) - 0x1000
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "large")
        with open(path, "wb") as file:
            file.truncate(size)
            file.write(struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, 62, 1, base + first, 64, 0, 0, 64, 56, 1, 0, 0, 0) +
                       struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 0x1000))
            file.seek(first)
            file.write(b"\xe9" + struct.pack("<i", last - first - 5))           # jmp
            file.seek(last)
            file.write(b"\xb8\xe7\0\0\0\xbf\x07\0\0\0\x0f\x05")              # exit_group(7)
        os.chmod(path, 0o755)
        result = execscope("run", "--stats", "--memory", "64", "--", path)
        check(result.status == 7, result)
        counts = {name.strip(): int(n) for name, n in re.findall(r"^(.{15}) +(\d+)", result.stderr.decode(), re.M)}
        check(counts["decoded"] < 100 and counts["blocks"] < 100 and counts["memory"] < 1024, result)      # the first process included


if __name__ == "__main__":
    cases.run(__name__)
