"""Every program here runs natively and under execscope run: same stdout, stderr and exit status, or the test fails."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
from world import Tree, emulated, native

LIBCS = ("gnu", "musl")
IN_BOTH = {     # guest program: the argument lists it runs with
    "hello": [[]], "args": [[], ["one", "", "with space", "ünïcode"]], "wait_status": [[]], "fork_tree": [[]], "cow": [[]],
    "pipes": [[]], "signals": [[]], "exec_self": [[]], "memory": [[]], "zombies": [[]], "vfork": [[]], "files": [[]],
    "directory": [[]], "stdio": [[]], "stack": [[]], "groups": [[]], "time": [[]], "self": [[]],
    "crash": [[how] for how in ("null", "jump", "data", "ud2", "divide", "stack", "abort", "kill", "trap")],
}
ASSEMBLED = ("hello_asm", "start_asm")
BUSYBOX = "/bin/busybox"
BASH = "/bin/bash-static"
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
    "bash.substitution": (BASH, ["-c", "x=$(echo one; echo two); echo \"$x\" | { read a; echo got $a; }; exit 5"], b""),
    "bash.array": (BASH, ["-c", "a=(3 1 2); for x in \"${a[@]}\"; do printf '%03d\\n' $x; done; echo ${#a[@]}"], b""),
    "bash.trap": (BASH, ["-c", "trap 'echo trapped' USR1; kill -USR1 $$; trap 'echo bye' EXIT; echo end"], b""),
    "bash.glob": (BASH, ["-c", "cd /data; echo *; [[ text == t* ]] && echo yes"], b""),
}


# The one line that execscope adds when a signal ends the program; a shell would print it natively.
KILLED = re.compile(rb"execscope: '[^'\n]*' was killed by SIG\w+\n\Z")


def compare(tree, program, arguments, options, stdin=b"", cwd="/"):
    expected = native(tree.path, program, arguments, cwd, stdin)
    found = emulated(program, arguments, options, stdin, cwd=None if "--root" in options else cwd)
    if expected.status > 128:
        found.stderr = KILLED.sub(b"", found.stderr)
    cases.check(found == expected, "natively:", expected, "\nunder execscope:", found)


def inDefaultWorld(name, arguments, stdin=b""):
    """execscope run without --root: the guest sees its program, its working directory, /proc, /dev and /tmp."""
    with Tree() as tree:
        program = os.path.abspath(os.path.join(cases.Options.guests, name))
        cases.check(os.path.exists(program), program, "is not built")
        tree.copy(program, program)
        tree.directory("/tmp")
        compare(tree, program, arguments, (), stdin, cwd="/tmp")


def inTree(program, arguments, stdin):
    if not os.path.exists(program):
        raise cases.Skip(program + " is not installed")
    with Tree() as tree:
        tree.copy(program, program)
        tree.file("/data/text", TEXT)
        tree.file("/data/empty", b"")
        tree.file("/data/more/deep/file", b"deep\n", 0o600)
        tree.file("/etc/passwd", b"root:x:0:0:root:/:/bin/sh\n")
        os.symlink("text", tree.path + "/data/link")
        if program == BUSYBOX:
            os.symlink("busybox", tree.path + "/bin/sh")
            for applet in ("ls", "wc", "cat", "echo", "sleep", "tail", "sort", "rm"):
                os.symlink("busybox", tree.path + "/bin/" + applet)
        compare(tree, program, arguments, ("--root", tree.path), stdin)


def all_cases():
    found = {}
    for name in ASSEMBLED:
        found[name] = lambda name=name: inDefaultWorld(name, [])
    for name, lists in IN_BOTH.items():
        for libc in LIBCS:
            for number, arguments in enumerate(lists):
                suffix = "." + (arguments[0] if name == "crash" else str(number)) if len(lists) > 1 else ""
                found[name + suffix + "." + libc] = \
                    lambda name=name, libc=libc, arguments=arguments: inDefaultWorld(name + "." + libc, arguments)
    for libc in LIBCS:
        found["stdin." + libc] = lambda libc=libc: inDefaultWorld("stdin." + libc, [], TEXT)
        found["stdin-empty." + libc] = lambda libc=libc: inDefaultWorld("stdin." + libc, [])
    for name, (program, arguments, stdin) in TOOLS.items():
        found[name] = lambda program=program, arguments=arguments, stdin=stdin: inTree(program, arguments, stdin)
    return found


if __name__ == "__main__":
    sys.exit(cases.main(all_cases()))
