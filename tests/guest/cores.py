"""Core files: when there is one, and that gdb reads the same in it as in one that the real kernel wrote (guest program core.c)."""
import os
import re
import resource
import shutil
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
from world import Tree, command, emulated

PROFILES = ("v3.10", "v6.1")
LIBCS = ("gnu", "musl")
NT_FILE, NT_X86_XSTATE, NT_X86_XSAVE_LAYOUT = 0x46494c45, 0x202, 0x205
# v3.10 kills all who share the memory, writes to the file that is there, and not through a link (open(2), O_NOFOLLOW).
OF_V3_10 = ((b"memory shared: signal 0, dumped 0, si_code 1,", b"memory shared: signal 11, dumped 0, si_code 2,"),
            (b"an old core: signal 4, dumped 1, si_code 3, core 1 mode 100600", b"an old core: signal 4, dumped 1, si_code 3, core 1 mode 100644"),
            (b"a link: signal 31, dumped 1, si_code 3, core 1 mode 100600 elf 1 small 0", b"a link: signal 31, dumped 0, si_code 2, core 0"))
OF_THREAD = ("bt", "printf \"%lx %ld %lx %lx %lx\\n\", $rip, $orig_rax, $cs, $ss, $ds", "p $fctrl", "p $mxcsr")
SEEN = ("bt", "p/x $rbx", "p $xmm7.v2_double", "p $ymm7.v4_double", "info symbol $pc", "p $orig_rax", "p/x $eflags & 0xcd5",
        "printf \"%s\\n\", *(char**)&heap", "x/s &initialised", "output *(char*)0x700000080000", "output *(char*)0x700000081000",
        "x/s *(char**)&dropped", "p $_siginfo.si_signo", "p $_siginfo.si_code", "p $_siginfo._sifields._sigfault.si_addr",
        "info proc mappings", *("thread apply 2 -q " + what for what in OF_THREAD), "thread apply 2 -q p $rax")


def guest(libc):
    return os.path.abspath(os.path.join(cases.Options.guests, "core." + libc))


def needsPlainPattern():
    settings = {}
    for name in ("core_pattern", "core_uses_pid"):
        with open("/proc/sys/kernel/" + name, encoding="utf-8") as file:
            settings[name] = file.read().strip()
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY:
        raise cases.Skip("the hard limit of core files is not infinite")
    if settings != {"core_pattern": "core", "core_uses_pid": "0"}:
        raise cases.Skip("this machine's kernel does not write core files into the working directory: %s" % settings)


def limits(profile, libc, *options):
    needsPlainPattern()
    with Tree() as tree:
        expected = command([guest(libc), "limits"], cwd=tree.path + "/tmp")
        if profile == "v3.10":
            for of_v6_1, of_v3_10 in OF_V3_10:
                cases.check(of_v6_1 in expected.stdout, expected)
                expected.stdout = expected.stdout.replace(of_v6_1, of_v3_10)
        found = emulated(guest(libc), ["limits"], ("--profile", profile, *options), cwd="/tmp")
        cases.check(found == expected, "natively:", expected, "\nunder execscope:", found)


def dumped(tree, profile, libc, *arguments):
    """What execscope says; the core file is then in the tree's directory /tmp."""
    cwd = tree.path + "/tmp"
    found = emulated(guest(libc), arguments, ("--profile", profile, "--bind", cwd + ":" + cwd + ":rw"), cwd=cwd)
    cases.check(found.status == 139, found)
    return found


def nativelyDumped(tree, libc):
    """A core file of this machine's kernel, in the tree's directory /dev; its addresses are not random."""
    needsPlainPattern()
    found = command(["setarch", "-R", guest(libc)], cwd=tree.path + "/dev")
    cases.check(found.status == 139, found)
    return tree.path + "/dev/core"


def inGdb(libc, core):
    if not shutil.which("gdb"):
        raise cases.Skip("gdb is not installed")
    options = [word for what in SEEN for word in ("-ex", "echo --- %s\\n" % what.replace('"', "'").replace("\\n", ""), "-ex", what)]
    seen = command(["gdb", "-q", "-nx", "-batch", *options, guest(libc), core]).stdout.decode()
    seen = re.sub(r"\b0x7f[0-9a-f]{10}\b", "HIGH", seen[seen.index("--- bt"):])
    return re.sub(r"0x[0-9a-f]+ in clone3? \(\)", "in clone ()", seen)        # v3.10 has no clone3


def debugged(profile, libc):
    with Tree() as tree:
        dumped(tree, profile, libc)
        found = inGdb(libc, tree.path + "/tmp/core")
        for text in ("in crash ()", "in middle ()", "in main ()", "0x1122334455667788", "{7.25, -0.5}", "from the heap", "120 'x'",
                     "pause ()", "crash + "):
            cases.check(text in found, text, "is not in", found)
        expected = inGdb(libc, nativelyDumped(tree, libc))
        if "<unavailable>" in expected:     # this gdb knows only where Intel's processors put the upper halves in a core
            expected, found = ("".join(re.split(r"warning: Section `.reg-xstate.*\n|(?<=\$ymm7.v4_double\n).*\n", text)) for text in (expected, found))
        cases.check(found == expected, "of the real kernel's core:\n" + expected, "\nof execscope's:\n" + found)


def contents(path):
    """Notes as (owner, type, bytes) and PT_LOADs as (address, bytes in the file, in memory, flags)."""
    with open(path, "rb") as file:
        data = file.read()
    cases.check(data[:20] == b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HH", 4, 62), "no core's header")
    headers = [struct.unpack_from("<IIQQQQQQ", data, 64 + 56 * n) for n in range(struct.unpack_from("<H", data, 56)[0])]
    (note,) = [h for h in headers if h[0] == 4]
    notes, at = [], note[2]
    while at < note[2] + note[5]:
        name, size, kind = struct.unpack_from("<III", data, at)
        start = at + 12 + (name + 3 & ~3)
        notes.append((data[at + 12:at + 12 + name - 1], kind, data[start:start + size]))
        at = start + (size + 3 & ~3)
    loads = [h for h in headers if h[0] == 1]
    cases.check(len(data) == loads[-1][2] + loads[-1][5], "the file ends at", len(data), "not where its last segment does")
    return notes, [(h[3], h[5], h[6], h[1]) for h in loads]


def structure(profile, libc):
    with Tree() as tree:
        dumped(tree, profile, libc)
        notes, loads = contents(tree.path + "/tmp/core")
        expected_notes, expected_loads = contents(nativelyDumped(tree, libc))
        kinds = [note[:2] for note in notes]
        expected_kinds = [note[:2] for note in expected_notes if note[1] != NT_X86_XSAVE_LAYOUT]    # later than 6.1
        cases.check(kinds == expected_kinds, kinds, "instead of", expected_kinds)
        for kind in (1, 2, 3, 0x53494749, NT_FILE):     # NT_PRSTATUS, NT_PRFPREG, NT_PRPSINFO, NT_SIGINFO
            sizes = [[len(n[2]) for n in which if n[1] == kind] for which in (notes, expected_notes)]
            cases.check(sizes[0] == sizes[1], "note", hex(kind), "has", *sizes)
        files = [[n[2] for n in which if n[1] == NT_FILE] for which in (notes, expected_notes)]
        cases.check(files[0] == files[1], "NT_FILE:", *files)
        info, expected_info = ([n[2] for n in which if n[1] == 3][0] for which in (notes, expected_notes))
        cases.check(info[:1] + info[40:] == expected_info[:1] + expected_info[40:], "NT_PRPSINFO:", info, expected_info)
        states = [n[2] for n in notes if n[1] == NT_X86_XSTATE]
        cases.check(all((len(s), struct.unpack_from("<Q", s, 464)[0]) == (832, 7) for s in states), "XCR0 in NT_X86_XSTATE")
        count = struct.unpack_from("<Q", files[0][0])[0]        # the program's own mappings come first
        cases.check(loads[:count] == expected_loads[:count], loads, "instead of", expected_loads)


def named(profile):
    with Tree() as tree:
        with_dots = dumped(tree, profile, "gnu", "%e.%s.%p%%%z.%")
        names = [name for name in os.listdir(tree.path + "/tmp") if name != "core"]
        cases.check(names == ["core.gnu.11.3%."], names)
        cases.check(b"SIGSEGV (core dumped)" in with_dots.stderr, with_dots)
        piped = dumped(tree, profile, "gnu", "|/bin/collector %p")
        cases.check(b"not supported: feature core_pattern |" in piped.stderr and b"dumped)" not in piped.stderr, piped)
        emptied = dumped(tree, profile, "gnu", "")
        cases.check(b"dumped)" not in emptied.stderr, emptied)


def sparse(profile):
    """A mapping of 64 TiB with one page takes no time, though Linux looks at each of its pages."""
    for how in ("huge", "huge-file"):
        found = emulated(guest("gnu"), [how], ("--profile", profile))
        cases.check(found.status == 139 and b"(core dumped)" in found.stderr, how, found)


def written(profile):
    """A core of a user other than the host's, and of a program whose arguments cannot be read."""
    for options, arguments in ((("--uid", "1000"), ()), ((), ("no-arguments",))):
        with Tree() as tree:
            cwd = tree.path + "/tmp"
            os.chmod(cwd, 0o777)
            found = emulated(guest("gnu"), arguments, ("--profile", profile, *options, "--bind", cwd + ":" + cwd + ":rw"), cwd=cwd)
            cases.check(found.status == 139 and b"(core dumped)" in found.stderr, found)
            cases.check(os.path.getsize(cwd + "/core") > 10000, os.path.getsize(cwd + "/core"))


def traced(profile):
    """The trace of a dump is the same twice: nothing of execscope's own memory is in it."""
    with Tree() as tree:
        traces = []
        for number in "12":
            path = tree.path + "/tmp/trace" + number
            done = command([cases.Options.execscope, "trace", "--profile", profile, "-o", path, "--", guest("gnu")])
            cases.check(done.status == 139, done)
            with open(path, "rb") as file:
                traces.append(file.read())
        cases.check(b'"elf_core_dump"' in traces[0], "no dump in the trace")
        cases.check(traces[0] == traces[1], "two traces of the same dump differ")


def exhausting(profile):
    """A dump that needs more memory than there is ends: by SIGKILL when a page that it reads finds none, by ENOSPC when one that it writes does."""
    found = emulated(guest("gnu"), ["huge-shared"], ("--profile", profile, "--memory", "64"))
    cases.check(found.status in (137, 139), found)


def all_cases():
    found = {}
    for profile in PROFILES:
        found["core-huge." + profile] = lambda profile=profile: sparse(profile)
        found["core-written." + profile] = lambda profile=profile: written(profile)
        found["core-traced." + profile] = lambda profile=profile: traced(profile)
        found["core-exhausting." + profile] = lambda profile=profile: exhausting(profile)
        found["core-name." + profile] = lambda profile=profile: named(profile)
        found["core-limits.random." + profile] = lambda profile=profile: limits(profile, "gnu", "--sched", "random", "--seed", "7")
        for libc in LIBCS:
            for name, case in (("limits", limits), ("gdb", debugged), ("structure", structure)):
                found["core-%s.%s.%s" % (name, libc, profile)] = lambda case=case, profile=profile, libc=libc: case(profile, libc)
    return found


if __name__ == "__main__":
    sys.exit(cases.main(all_cases()))
