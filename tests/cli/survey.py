"""execscope survey: what programs use, what of it is missing, for a person and for a program."""
import json
import os
import pathlib
import sys
import tempfile

import jsonschema

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import cases
from cases import check
from world import execscope, needs

SCHEMA = json.loads((pathlib.Path(HERE).parents[1] / "traces/schema/survey.schema.json").read_text(encoding="utf-8"))
BUSYBOX = ("--", "/bin/busybox")


def guest(name):
    return os.path.abspath(os.path.join(cases.Options.guests, name))


def surveyed(*arguments, status=0):
    """The survey as JSON, which fits the schema."""
    result = execscope("survey", "--json", *arguments)
    check(result.status == status, result)
    survey = json.loads(result.stdout)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    errors = list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(survey))
    check(not errors, [f"{e.json_path}: {e.message}" for e in errors])
    return survey


def calls(survey):
    return {call["name"]: call for call in survey["syscalls"]}


def test_calls():
    survey = surveyed("--", guest("hello_asm"))
    check({name: call["count"] for name, call in calls(survey).items()} == {"write": 1, "exit": 1} and survey["missing"] == [], survey)
    survey = surveyed(*BUSYBOX, "sh", "-c", "for i in 1 2 3; do echo $i > /tmp/f$i; done; /bin/busybox cat /no/such/file /tmp/f1")
    check(survey["program_status"] == 1 and calls(survey)["dup2"]["count"] >= 6, survey)
    opened = calls(survey).get("open") or calls(survey)["openat"]
    check(opened["errors"] == {"ENOENT": 1} and opened["count"] >= 5, opened)
    check("execve" in calls(survey), "children count, too")


def test_where_the_output_goes():
    result = execscope("survey", "--", guest("hello_asm"))
    check(result.stderr == b"hello\n" and b"System calls: 2" in result.stdout and result.stdout.endswith(b"Nothing is missing.\n"), result)
    with tempfile.TemporaryDirectory() as folder:
        to_file = execscope("survey", "-o", folder + "/s.txt", "--", guest("hello_asm"))
        with open(folder + "/s.txt", "rb") as file:
            check(to_file.stdout == b"hello\n" and to_file.stderr == b"" and file.read() == result.stdout, to_file)


def test_two_surveys_are_equal():
    arguments = ("survey", *BUSYBOX, "sh", "-c", "/bin/busybox ps; /bin/busybox stty -a < /dev/tty; cat /proc/self/maps | /bin/busybox sort")
    check(execscope(*arguments).stdout == execscope(*arguments).stdout)


def test_missing_call():
    survey = surveyed("--", guest("missing_call_asm"), status=1)
    check(survey["missing"] == [{"what": "syscall", "name": "add_key", "count": 1, "consequence": "ENOSYS"}], survey["missing"])
    check(calls(survey)["add_key"]["extent"] == "absent" and survey["program_status"] == 38 and not survey["stopped"], survey)
    text = execscope("survey", "--", guest("missing_call_asm"))
    check(b"Missing: 1\n  syscall add_key: the program got ENOSYS" in text.stdout and text.status == 1, text)
    check(text.stderr.count(b"add_key") == 0, "said once:", text)


def test_missing_instruction():
    survey = surveyed("--", guest("missing_instruction_asm"), status=1)
    check([(m["what"], m["consequence"]) for m in survey["missing"]] == [("instruction", "SIGILL")] and survey["program_status"] == 132, survey)


def test_strict():
    survey = surveyed("--strict", "--", guest("missing_call_asm"), status=1)
    check(survey["stopped"] and survey["program_status"] is None and list(calls(survey)) == ["add_key"], survey)
    survey = surveyed("--strict", "--", guest("hello_asm"))
    check(not survey["stopped"], survey)


def test_partial_call():
    """A partial call says what it lacks, used or not; only what was used is missing."""
    survey = surveyed(*BUSYBOX, "sh", "-c", "/bin/busybox mknod /tmp/p p && echo made")
    mknod = calls(survey).get("mknod") or calls(survey)["mknodat"]
    check(mknod["extent"] == "partial" and "devices" in mknod["lacks"] and survey["missing"] == [], survey)
    survey = surveyed(*BUSYBOX, "mknod", "/tmp/d", "c", "1", "3", status=1)
    check([(m["name"], m["consequence"]) for m in survey["missing"]] == [("mknod of devices", "EPERM")], survey["missing"])


REFUSED = r"""
import ctypes, os, socket
libc = ctypes.CDLL(None)
def attempt(call, *arguments):
    try:
        call(*arguments)
    except OSError:
        pass
one, _ = socket.socketpair()
attempt(one.send, b"a", socket.MSG_OOB)
attempt(one.setsockopt, socket.SOL_SOCKET, 42, 1)                 # SO_PEEK_OFF
attempt(one.setsockopt, socket.SOL_SOCKET, 26, bytes(16))         # SO_ATTACH_FILTER
attempt(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW)
attempt(socket.socket, socket.AF_INET, socket.SOCK_RAW, 1)
file = os.open("/tmp/refused", os.O_RDWR | os.O_CREAT)
os.ftruncate(file, 65536)
libc.fallocate(file, 8, ctypes.c_long(0), ctypes.c_long(4096))    # FALLOC_FL_COLLAPSE_RANGE
libc.mount(b"none", b"/tmp", b"mqueue", ctypes.c_long(0), None)
libc.ptrace(0, 0, None, None)
libc.syscall(206, 1, ctypes.byref(ctypes.c_long(0)))              # io_setup
"""


def test_what_is_refused():
    """As docs/fidelity.md says: each with its name and with what the program got."""
    survey = surveyed("--root", "/", "--", needs("/usr/bin/python3"), "-c", REFUSED, status=1)
    found = {(one["name"], one["consequence"]) for one in survey["missing"]}
    wanted = {("MSG_OOB", "EOPNOTSUPP"), ("SO_PEEK_OFF", "EOPNOTSUPP"), ("SO_ATTACH_FILTER and its like", "ENOPROTOOPT"),
              ("socket families other than AF_UNIX, AF_INET and AF_INET6", "EAFNOSUPPORT"), ("raw sockets", "EPROTONOSUPPORT"),
              ("FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_INSERT_RANGE", "EOPNOTSUPP"), ("mount", "EPERM"), ("ptrace", "EPERM"), ("io_setup", "ENOSYS")}
    check(survey["program_status"] == 0 and wanted <= found, wanted - found, survey["missing"])


def test_files():
    script = "cd /proc/self; cat maps fd/../status ../uptime > /dev/null; cat /proc/1/comm /proc/2/comm /proc/nothing; cat < /dev/zero | head -c 1; true"
    survey = surveyed(*BUSYBOX, "sh", "-c", script.replace("cat", "/bin/busybox cat").replace("head", "/bin/busybox head"))
    files = {one["path"]: one for one in survey["files"]}
    for path, count in (("/dev/null", 1), ("/proc/N/comm", 2), ("/dev/zero", 1), ("/proc/nothing", 1)):
        check(files[path]["count"] == count, path, files)
    check(files["/proc/nothing"]["errors"] == {"ENOENT": 1}, files)
    check(any(path.endswith("/maps") for path in files) and "/proc/uptime" in files, files)


def test_missing_files():
    survey = surveyed(*BUSYBOX, "cat", "/proc/slabinfo", "/proc/self/sched", status=1)
    check([(m["what"], m["name"]) for m in survey["missing"]] == [("file", "/proc/self/sched"), ("file", "/proc/slabinfo")], survey["missing"])


def test_ioctls():
    survey = surveyed(*BUSYBOX, "stty", status=0)
    named = {one["name"]: one for one in survey["ioctls"]}
    check("TCGETS" in named and "ENOTTY" in named["TCGETS"]["errors"] and survey["missing"] == [], survey["ioctls"])


def test_extensions():
    survey = surveyed("--", guest("level_asm"), "avx")
    names = {one["name"] for one in survey["extensions"]}
    check("AVX2" in names and all(one["on_processor"] for one in survey["extensions"]), survey["extensions"])
    survey = surveyed("--cpu", "x86-64-v1", "--", guest("level_asm"), "avx")
    lacking = [one["name"] for one in survey["extensions"] if not one["on_processor"]]
    check("AVX2" in lacking and survey["missing"] == [] and survey["program_status"] == 132, survey)
    text = execscope("survey", "--cpu", "x86-64-v1", "--", guest("level_asm"), "avx")
    check(b"AVX2: not on this processor (--cpu), SIGILL" in text.stdout, text)


def test_no_start():
    for arguments in (("--", "/no/such/program"), ("-o", "/no/such/folder/x", "--", guest("hello_asm")), ("--root", "/no/such/root", "/x")):
        result = execscope("survey", *arguments)
        check(result.status == 125 and result.stdout == b"" and result.stderr.count(b"\n") == 1, result)


def test_timeout():
    result = execscope("survey", "--timeout", "0.3", *BUSYBOX, "sh", "-c", "while :; do :; done")
    check(result.status == 124 and b"System calls" in result.stdout and b"--timeout" in result.stderr, result)


def test_width():
    result = execscope("survey", *BUSYBOX, "sh", "-c", "/bin/busybox mknod /tmp/p p; /bin/busybox ls " + "x" * 300 + " 2>/dev/null")
    check(max(len(line) for line in result.stdout.decode().splitlines()) <= 100, result)


if __name__ == "__main__":
    cases.run(__name__)
