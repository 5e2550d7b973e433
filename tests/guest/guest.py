"""Every program here runs natively and under execscope run: same stdout, stderr and exit status, or the test fails."""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
from expected import AROUND, EXHAUSTED, OLDER, SHA, SOCKETS_FULL, STRANGERS, VDSO, VSYSCALL, WITHIN_LIMIT, WITHOUT_MODPROBE, WITH_MODPROBE
from world import Result, Tree, command, emulated, native

LIBCS = ("gnu", "musl")
PROCESSES = ("clone_flags", "waitid", "reapers", "sessions", "leaving", "privileges", "capabilities", "sigwait", "indirect", "many_processes")
IN_BOTH = {     # guest program: the argument lists it runs with
    "hello": [[]], "args": [[], ["one", "", "with space", "ünïcode"]], "wait_status": [[]], "fork_tree": [[]], "cow": [[]],
    "pipes": [[]], "threads": [[]], "thread_exec": [[]], "signals": [[]], "vector_signals": [[]], "exec_self": [[]], "memory": [[]], "zombies": [[]],
    "vfork": [[]], "files": [[]], "numbers": [[]], "directory": [[]], "stdio": [[]], "flags": [[]], "stack": [[]], "groups": [[]], "time": [[]], "self": [[]], "allocations": [[]],
    "faults": [[]], "mappings": [[]], "shared": [[]], "locked": [[]],
    **dict.fromkeys(PROCESSES, [[]]),
    "crash": [[how] for how in ("null", "jump", "data", "ud2", "divide", "stack", "abort", "kill", "trap")],
}
IN_BOTH["exec_keeps"] = [[]]
IN_BOTH["epolls"] = [[]]
IN_BOTH |= {"personas": [[]], "set_id": [[]], "leader_gone": [[]], "dumpable": [[]]}
SIGNALS = {name: [[]] for name in ("signal_frames", "signal_queues", "recursion", "restart", "timers", "futexes")}
IN_BOTH |= SIGNALS
IN_V6_1 = {     # the same with --profile v6.1
    **dict.fromkeys((*PROCESSES, "clone3", "fork_tree", "vfork", "zombies", "groups", "wait_status", "threads"), [[]]),
    "faults": [[]], "mappings": [[], ["later"]], "shared": [[]], "cow": [[]], "stack": [[]], "memory": [[]], "allocations": [[]],
    "crash": IN_BOTH["crash"], "growth": [[]], "locked": [[]],
}
IN_V6_1 |= {"personas": [[]], "set_id": [["later"]], "dumpable": [["later"]], "strangers": [["later"]], "leader_gone": [[]], "exec_keeps": [[]], "execveat": [[]], "exec_self": [[]], "thread_exec": [[]]}
IN_V6_1 |= SIGNALS | {"signal_frames": [[], ["autodisarm"]], "newer_calls": [[]], "newer_files": [[]]}

SOCKETS = ("sockets_stream", "sockets_messages", "sockets_inet")
IN_BOTH |= dict.fromkeys(SOCKETS, [[]])
IN_V6_1 |= dict.fromkeys(SOCKETS, [[]])
IN_V6_1["exec_ways"] = [[]]
SYSTEM_V = ("sysv_shm", "sysv_sem", "sysv_msg", "mqueues")
IN_BOTH |= dict.fromkeys(SYSTEM_V, [[]])
IN_V6_1 |= dict.fromkeys(SYSTEM_V, [[]])
IN_BOTH["proc_files"], IN_V6_1["proc_files"] = [[]], [["later"]]
IN_BOTH["debug_traps"] = IN_V6_1["debug_traps"] = IN_BOTH["rt_limit"] = IN_V6_1["rt_limit"] = [[]]
IN_BOTH["vectors"], IN_V6_1["vectors"] = [[]], [["later"]]
IN_BOTH["rewritten"] = IN_V6_1["rewritten"] = IN_BOTH["stepping"] = IN_V6_1["stepping"] = [[]]
IN_BOTH["ptys"] = IN_V6_1["ptys"] = [[]]
IN_V6_1 |= dict.fromkeys(("opening", "pidfds"), [[]])
IN_BOTH["watches"] = IN_V6_1["watches"] = [[]]
for LATER in ("record_locks", "moving_bytes", "seldom"):
    IN_BOTH[LATER], IN_V6_1[LATER] = [[]], [["later"]]
IN_BOTH["real_time"] = IN_V6_1["real_time"] = IN_V6_1["timer_ids"] = [[]]

WRITTEN_BACK = ("msync", "munmap", "exit", "kill", "orphan")    # how the guest ends that wrote through a shared mapping
ASSEMBLED = ("hello_asm", "start_asm")
BUSYBOX = "/bin/busybox"
BASH = "/bin/bash-static"
JOB = "/data/job.sh"
APPLETS = ("ls", "wc", "cat", "echo", "sleep", "tail", "sort", "rm", "seq", "tr", "mkdir", "mv", "cp", "false", "true")
TEXT = b"".join(b"line %d of the text\n" % n for n in range(2000))
TOOLS = {       # name: program, arguments, standard input; run in a tree of its own
    "busybox.echo": (BUSYBOX, ["echo", "a", "b"], b""),
    "busybox.cat": (BUSYBOX, ["cat", "/data/text"], b""),
    "busybox.cat-stdin": (BUSYBOX, ["cat"], TEXT),
    "busybox.cat-missing": (BUSYBOX, ["cat", "/missing"], b""),
    "busybox.ls": (BUSYBOX, ["ls", "/"], b""),
    "busybox.ls-long": (BUSYBOX, ["ls", "-ln", "/data"], b""),
    "busybox.ls-recursive": (BUSYBOX, ["ls", "-R", "/data"], b""),
    "busybox.sha256sum": (BUSYBOX, ["sha256sum", "/data/text", "/bin/busybox"], b""),
    "busybox.wc": (BUSYBOX, ["wc", "/data/text"], b""),
    "busybox.wc-stdin": (BUSYBOX, ["wc", "-l"], TEXT),
    "busybox.sort": (BUSYBOX, ["sort", "-r", "/data/text"], b""),
    "busybox.grep": (BUSYBOX, ["grep", "-c", "9", "/data/text"], b""),
    "busybox.find": (BUSYBOX, ["sh", "-c", "find /data | sort"], b""),
    "busybox.sh-pipe": (BUSYBOX, ["sh", "-c", "echo a; ls / | wc -l"], b""),
    "busybox.sh-status": (BUSYBOX, ["sh", "-c", "false; echo $?; (exit 7); echo $?; kill -9 $$"], b""),
    "busybox.sh-background": (BUSYBOX, ["sh", "-c", "(sleep 0.02; echo later) & echo now; wait; echo done"], b""),
    "busybox.sh-redirect": (BUSYBOX, ["sh", "-c", "echo x > /tmp/f; echo y >> /tmp/f; cat < /tmp/f; rm /tmp/f; ls /tmp"], b""),
    "busybox.sh-loop": (BUSYBOX, ["sh", "-c", "i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo $i; done | tail -n 2"], b""),
    "busybox.sh-notfound": (BUSYBOX, ["sh", "-c", "nosuchcommand; echo $?"], b""),
    "busybox.sh-stdin": (BUSYBOX, ["sh"], b"echo from stdin\nread x\nvalue\necho $x\nexit 4\n"),
    "bash.arithmetic": (BASH, ["-c", "echo $((6*7))"], b""),
    "bash.substitution": (BASH, ["-c", "x=$(echo one; echo two); echo \"$x\" | { read a; read b; echo got $a $b; }; exit 5"], b""),
    "bash.array": (BASH, ["-c", "a=(3 1 2); for x in \"${a[@]}\"; do printf '%03d\\n' $x; done; echo ${#a[@]}"], b""),
    "bash.trap": (BASH, ["-c", "trap 'echo trapped' USR1; kill -USR1 $$; trap 'echo bye' EXIT; echo end"], b""),
    "busybox.job": (BUSYBOX, ["sh", JOB], b""),
    "busybox.job-as-script": (JOB, [], b""),
    "busybox.md5sum": (BUSYBOX, ["md5sum", "/data/text"], b""),
    "busybox.awk": (BUSYBOX, ["awk", "{ n += $2; w[$1]++ } END { printf \"%d %.3f\\n\", n, n / NR; for (k in w) print k, w[k] }",
                              "/data/text"], b""),
    "busybox.sed": (BUSYBOX, ["sed", "-n", "s/line \\([0-9]*\\)5 /<\\1>/p", "/data/text"], b""),
    "busybox.gzip": (BUSYBOX, ["sh", "-c", "gzip -c /data/text | gunzip -c | cmp - /data/text && echo same"], b""),
    "busybox.tar": (BUSYBOX, ["sh", "-c", "tar cf /tmp/t -C /data more && tar tvf /tmp/t | wc -l"], b""),
    "bash.job": (BASH, [JOB], b""),
    "busybox.httpd": (BUSYBOX, ["sh", "-c", "busybox httpd -f -p 127.0.0.1:18377 -h /data & until busybox wget -q -O /tmp/o http://127.0.0.1:18377/text"
                                " 2>/dev/null; do sleep 0.1; done; cmp /tmp/o /data/text && echo same; kill $!"], b""),
    "bash.dev-tcp": (BASH, ["-c", "busybox httpd -f -p 127.0.0.1:18378 -h /data & until { exec 3<>/dev/tcp/127.0.0.1/18378; } 2>/dev/null; do sleep 0.1; done;"
                            "printf 'GET /more/deep/file HTTP/1.0\\r\\n\\r\\n' >&3; while IFS= read -r line <&3; do line=${line%$'\\r'}; [[ $body ]] && echo \"$line\";"
                            "[[ $line ]] || body=1; done; exec 3>&-; (exec 4<>/dev/tcp/127.0.0.1/1) 2>/dev/null || echo refused; kill $!"], b""),
    "bash.features": (BASH, ["-c", "declare -A m=([x]=1 [y]=2); echo ${m[x]}${m[y]} ${#m[@]}; printf '%q %04x\\n' 'a b' 314;"
                             "[[ abc =~ ^a(.)c$ ]] && echo ${BASH_REMATCH[1]}; echo {a..e}{1..2}"], b""),
    "bash.glob": (BASH, ["-c", "cd /data; echo *; [[ text == t* ]] && echo yes"], b""),
}


# The one line that execscope adds when a signal ends the program; a shell would print it natively.
KILLED = re.compile(rb"execscope: '[^'\n]*' was killed by SIG\w+\n\Z")


# What execscope says aloud of a program that asks for it.
SAID = {"seldom": re.compile(rb"^execscope: not supported: feature SIGIO of O_ASYNC at 0x[0-9a-f]+: no effect, \d+ times\n", re.M)}


def compare(tree, program, arguments, options, stdin=b"", cwd="/"):
    """A native run depends on real time, which a busy machine stretches: it has three tries. Execscope's time is virtual: it has one."""
    found = emulated(program, arguments, options, stdin, cwd=None if "--root" in options else cwd)
    if found.status > 128:
        found.stderr = KILLED.sub(b"", found.stderr)
    if said := SAID.get(os.path.basename(program).split(".")[0]):
        found.stderr, count = said.subn(b"", found.stderr)
        cases.check(count == 1, "not said:", said, found)
    for _ in range(3):
        expected = native(tree.path, program, arguments, cwd, stdin)
        if found == expected:
            return
    cases.check(False, "natively:", expected, "\nunder execscope:", found)


def inDefaultWorld(name, arguments, stdin=b"", options=()):
    """execscope run without --root: the guest sees its program, its working directory, /proc, /dev and /tmp."""
    with Tree() as tree:
        program = os.path.abspath(os.path.join(cases.Options.guests, name))
        cases.check(os.path.exists(program), program, "is not built")
        tree.copy(program, program)
        tree.directory("/tmp")
        profile = () if "--profile" in options else ("--profile", "v3.10")
        compare(tree, program, arguments, (*profile, *options), stdin, cwd="/tmp")


def withKeys(name):
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        if " ospke" not in info.read():
            raise cases.Skip("the host has no protection keys")
    inDefaultWorld(name, [], options=("--profile", "v6.1", "--cpu", "x86-64-v3+pku"))


def writtenBack(profile, how):
    """What a guest writes through a shared mapping of a file of --bind HOST:GUEST:rw is in the host's file in the end."""
    with Tree() as tree:
        content = bytearray(b"." * 8192)
        tree.file("/data/file", bytes(content))
        program = os.path.abspath(os.path.join(cases.Options.guests, "shared.gnu"))
        found = emulated(program, ["/data/file", how], ("--profile", profile, "--bind", tree.path + "/data:/data:rw"))
        status = 137 if how in ("msync", "kill") else 0
        content[10:10 + len(how)] = how.encode()
        content[4096:4097] = b"!"
        with open(tree.path + "/data/file", "rb") as file:
            cases.check(file.read() == content, "the host's file lacks what was written")
        cases.check(found.status == status, found)


def says(name, texts, profile, libc, options=()):
    program = os.path.abspath(os.path.join(cases.Options.guests, name + "." + libc))
    found = emulated(program, [], ("--profile", profile, *options))
    cases.check(found.stdout == texts[profile] and found.status == 0, found)


def withModprobe(libc):
    program = os.path.abspath(os.path.join(cases.Options.guests, "modprobe." + libc))
    says("modprobe", {"v6.1": WITH_MODPROBE}, "v6.1", libc, ("--bind", program + ":/sbin/modprobe"))


def vsyscall(libc):
    """As on this machine where its kernel has the page, and what v3.10 does otherwise."""
    program = os.path.abspath(os.path.join(cases.Options.guests, "vsyscall." + libc))
    found = emulated(program, ["older"], ("--profile", "v3.10"))
    cases.check((found.status, found.stdout) == (0, VSYSCALL), found)
    with open("/proc/self/maps", encoding="utf-8") as maps:
        if "[vsyscall]" not in maps.read():
            raise cases.Skip("the host has no vsyscall page")
    inDefaultWorld("vsyscall." + libc, [])


def sha(libc):
    found = emulated(os.path.abspath(os.path.join(cases.Options.guests, "sha." + libc)), [])
    cases.check(found == Result(SHA, b"", 0), found)


def shaOfQemu():
    program, qemu = os.path.abspath(os.path.join(cases.Options.guests, "sha.gnu")), shutil.which("qemu-x86_64")
    if qemu is None:
        raise cases.Skip("qemu-x86_64 is not installed (Debian: qemu-user)")
    theirs = command([qemu, "-cpu", "max", program])
    if theirs.status == 77:
        raise cases.Skip("this qemu-x86_64 has no SHA extensions (those from 8.2 on have): " + str(theirs))
    ours = emulated(program, [])
    cases.check(ours == theirs, "qemu:", theirs, "\nexecscope:", ours)


def pythonScript(name):
    """A script with the host's files, read-only: close_range is one that Python does without."""
    python, script = "/usr/bin/python3", os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    if not os.path.exists(python):
        raise cases.Skip(python + " is not installed")
    expected = command([python, "-B", script])
    found = emulated(python, ["-B", script], ("--root", "/"))
    found.stderr = re.sub(rb"^execscope: not supported: syscall close_range .*\n", b"", found.stderr, flags=re.M)
    cases.check(found == expected, "natively:", expected, "\nunder execscope:", found)


def inet6(libc):
    try:
        with open("/proc/net/if_inet6", encoding="ascii") as addresses:
            present = "0" * 31 + "1 " in addresses.read()
    except OSError:
        present = False
    if not present:
        raise cases.Skip("the host has no ::1")
    inDefaultWorld("sockets_inet6." + libc, [], options=("--profile", "v6.1"))


def exhausted(name, text, profile, libc):
    program = os.path.abspath(os.path.join(cases.Options.guests, name + "." + libc))
    found = emulated(program, [], ("--profile", profile, "--memory", "32"))
    cases.check(found.stdout == text and found.status == 0, found)


def realTimeWithinLimit(profile):
    program = os.path.abspath(os.path.join(cases.Options.guests, "real_time.gnu"))
    found = emulated(program, ["limit"], ("--profile", profile))
    cases.check((found.status, found.stdout) == (0, WITHIN_LIMIT), found)


def wrapsAround(profile):
    program = os.path.abspath(os.path.join(cases.Options.guests, "pid_wrap.gnu"))
    found = emulated(program, [], ("--profile", profile))
    cases.check((found.status, found.stdout) == (0, b"wrapped 1 at 300\n"), found)


def fillTree(tree, program):
    """Both shells, busybox's applets under their names, and some files."""
    for source in (BUSYBOX, BASH):
        if not os.path.exists(source):
            raise cases.Skip(source + " is not installed")
        tree.copy(source, source)
    tree.copy(os.path.join(os.path.dirname(os.path.abspath(__file__)), "job.sh"), JOB)
    tree.file("/data/text", TEXT)
    tree.file("/data/empty", b"")
    tree.file("/data/more/deep/file", b"deep\n", 0o600)
    tree.file("/etc/passwd", b"root:x:0:0:root:/:/bin/sh\n")
    os.symlink("text", tree.path + "/data/link")
    for name in ("sh", *APPLETS):
        os.symlink("busybox", tree.path + "/bin/" + name)
    for folder, _, files in os.walk(tree.path):
        for name in [*files, "."]:
            os.utime(os.path.join(folder, name), (1000000000, 1000000000), follow_symlinks=False)


def inTree(program, arguments, stdin):
    with Tree() as tree:
        fillTree(tree, program)
        compare(tree, program, arguments, ("--root", tree.path), stdin)


def attributesBelowRoot(libc):
    """Files of --root have attributes, as those of a disk; the host's own do not show."""
    with Tree() as tree:
        program = os.path.abspath(os.path.join(cases.Options.guests, "attributes." + libc))
        fillTree(tree, program)
        tree.copy(program, program)
        compare(tree, program, [], ("--root", tree.path, "--profile", "v6.1"), b"")


def all_cases():
    found = {"attributes.%s.v6.1" % libc: lambda libc=libc: attributesBelowRoot(libc) for libc in LIBCS}
    for name in ASSEMBLED:
        found[name] = lambda name=name: inDefaultWorld(name, [])
    for name, lists in IN_BOTH.items():
        for libc in LIBCS:
            for number, arguments in enumerate(lists):
                suffix = "." + (arguments[0] if name == "crash" else str(number)) if len(lists) > 1 else ""
                found[name + suffix + "." + libc] = \
                    lambda name=name, libc=libc, arguments=arguments: inDefaultWorld(name + "." + libc, arguments)
    for name, lists in IN_V6_1.items():
        for libc in LIBCS:
            for arguments in lists:
                found[".".join([name, *arguments, libc, "v6.1"])] = lambda name=name, libc=libc, arguments=arguments: \
                    inDefaultWorld(name + "." + libc, arguments, options=("--profile", "v6.1"))
    for profile in ("v3.10", "v6.1"):
        for libc in LIBCS:
            for name, text in (("exhausted", EXHAUSTED), ("sockets_full", SOCKETS_FULL)):
                found["%s.%s.%s" % (name, libc, profile)] = \
                    lambda name=name, text=text, profile=profile, libc=libc: exhausted(name, text, profile, libc)
            for name, texts in (("around", AROUND), ("vdso", VDSO), ("strangers", STRANGERS), ("modprobe", WITHOUT_MODPROBE), ("older", OLDER)):
                if profile not in texts:
                    continue
                found["%s.%s.%s" % (name, libc, profile)] = \
                    lambda name=name, texts=texts, profile=profile, libc=libc: says(name, texts, profile, libc)
    for how in WRITTEN_BACK:
        for profile in ("v3.10", "v6.1"):
            found["written-back.%s.%s" % (how, profile)] = lambda profile=profile, how=how: writtenBack(profile, how)
    for profile in ("v3.10", "v6.1"):
        found["pid_wrap." + profile] = lambda profile=profile: wrapsAround(profile)
        found["real_time.limit." + profile] = lambda profile=profile: realTimeWithinLimit(profile)
    for libc in LIBCS:
        for name in (*PROCESSES, "threads"):
            found[f"{name}.{libc}.random"] = lambda name=name, libc=libc: inDefaultWorld(
                name + "." + libc, [], options=("--sched", "random", "--seed", "7"))
        found["sha." + libc] = lambda libc=libc: sha(libc)
        found["modprobe.installed." + libc] = lambda libc=libc: withModprobe(libc)
        found["vsyscall." + libc] = lambda libc=libc: vsyscall(libc)
        found["sockets_inet6." + libc] = lambda libc=libc: inet6(libc)
        found["pkeys." + libc] = lambda libc=libc: withKeys("pkeys." + libc)
        found["stdin." + libc] = lambda libc=libc: inDefaultWorld("stdin." + libc, [], TEXT)
        found["stdin-empty." + libc] = lambda libc=libc: inDefaultWorld("stdin." + libc, [])
    found["sha.qemu"] = shaOfQemu
    found["python.sockets"] = lambda: pythonScript("sockets.py")         # servers and clients
    found["python.pty"] = lambda: pythonScript("pty_shell.py")
    for name, (program, arguments, stdin) in TOOLS.items():
        found[name] = lambda program=program, arguments=arguments, stdin=stdin: inTree(program, arguments, stdin)
    return found


if __name__ == "__main__":
    sys.exit(cases.main(all_cases()))
