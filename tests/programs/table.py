"""The real programs: what each row needs, how it is built, how it runs. programs.py runs it, docs/programs.md shows it."""
from dataclasses import dataclass

BOTH_LEVELS = ("x86-64-v3", "x86-64-v1")
ONLY_V3 = ("x86-64-v3",)


@dataclass(frozen=True)
class Row:
    rung: int
    name: str
    shows: str
    sources: tuple                  # below tests/programs; each is built and run
    needs: tuple = ()               # (file of the host, Debian package)
    build: str = ""                 # shell command from {source} to {program}; without one, sources are scripts
    run: str = "{program}"          # {program} and {script} as the guest sees them
    cpus: tuple = ONLY_V3           # each of these gives what the native run gave
    host: bool = False              # it sees the host's files: --root /
    avx2: bool = False              # the native run needs a host of x86-64-v3
    files: tuple = ()               # files of the host that its tree gets, at the same path


C = tuple("c/%s.c" % name for name in ("formats", "numbers", "heap", "text", "jumps", "files", "clock", "locks", "threads"))
C_SHOWS = ("printf and scanf of all formats; strtod, strtol and rounding at their corners; malloc from several threads, qsort; "
           "locale, regular expressions, string functions at every alignment; setjmp out of handlers, contexts; stdio on files, "
           "pipes and memory; calendars, clocks, timers; mutexes of every kind, conditions, rwlocks, spin locks, barriers, "
           "semaphores; cancelling, keys, attributes, signals to threads, fork in a thread, C11 threads")
MUSL = ("/usr/bin/musl-gcc", "musl-tools")
BUSYBOX = ("/bin/busybox", "busybox-static")


def c_rows():
    for libc, compiler, needs in (("glibc", "gcc", ()), ("musl", "musl-gcc", (MUSL,))):
        command = compiler + " -std=gnu17 -D_GNU_SOURCE -w -static -pthread %s {source} -o {program} -lm"
        yield Row(1, "c." + libc, C_SHOWS if libc == "glibc" else "the same", C, needs, command % "-O2", cpus=BOTH_LEVELS)
        yield Row(5, "c." + libc + ".v3", "the same, built for x86-64-v3", C, needs, command % "-O3 -march=x86-64-v3", avx2=True)


def with_library(name, shows, source, library, build, run="{program}"):
    sources = ("languages/" + source,)
    yield Row(3, name, shows, sources, (library,), "gcc -O2 -w -static " + build, run, BOTH_LEVELS)
    yield Row(5, name + ".v3", "the same, what is not Debian's library built for x86-64-v3", sources, (library,),
              "gcc -O3 -w -static -march=x86-64-v3 " + build, run, avx2=True)


LANGUAGES = (
    Row(3, "c++", "exceptions, iostreams, containers, filesystem, std::thread, futures, terminate", ("languages/features.cc",),
        build="g++ -std=c++20 -O1 -w -static {source} -o {program}", cpus=BOTH_LEVELS),
    Row(5, "c++.v3", "the same, built for x86-64-v3", ("languages/features.cc",),
        build="g++ -std=c++20 -O1 -w -static -march=x86-64-v3 {source} -o {program}", avx2=True),
    Row(3, "rust", "threads, channels, locks, panics that unwind, processes, files", ("languages/ownership.rs",), (("/usr/bin/rustc", "rustc"),),
        "/usr/bin/rustc --edition 2021 -C target-feature=+crt-static {source} -o {program}"),
    Row(3, "go", "goroutines and their preemption, channels, timers, garbage collection, os/exec, signals, TCP", ("languages/goroutines.go",),
        (("/usr/bin/go", "golang-go"),), "HOME=$PWD CGO_ENABLED=0 go build -o {program} {source}"),
    Row(3, "fortran", "arrays, formatted, direct and namelist files, polymorphism, complex numbers, error stop", ("languages/arrays.f90",),
        (("/usr/bin/gfortran", "gfortran"),), "gfortran -O2 -static {source} -o {program}"),
    Row(3, "ada", "tasks: rendezvous, select, delay, abort; protected objects, exceptions, controlled types", ("languages/tasking.adb",),
        (("/usr/bin/gnatmake", "gnat"),), "gnatmake -q -O1 -gnat2012 {source} -o {program} -bargs -static -largs -static"),
    Row(3, "pascal", "classes, exceptions out of signals, sets, strings, typed files; without a C library", ("languages/records.pas",),
        (("/usr/bin/fpc", "fp-compiler"),), "fpc -O2 -v0 -XS -FU. {source} -o{program}"),
    Row(3, "ocaml", "variants, exceptions, stack overflow, garbage collection, Unix processes, threads", ("languages/trees.ml",),
        (("/usr/bin/ocamlopt", "ocaml-nox"),), "cp {source} . && ocamlopt -I +threads unix.cmxa threads.cmxa -ccopt -static trees.ml -o {program}"),
    *with_library("lua", "closures, coroutines, metatables, patterns, garbage collection, files and pipes", "closures.lua",
                  ("/usr/lib/x86_64-linux-gnu/liblua5.4.a", "liblua5.4-dev"),
                  "-I/usr/include/lua5.4 {folder}/lua.c -o {program} -llua5.4 -lm", "{program} {script} one two"),
    *with_library("sqlite", "tables, joins, window functions, transactions, triggers, two processes on one file, WAL", "database.c",
                  ("/usr/lib/x86_64-linux-gnu/libsqlite3.a", "libsqlite3-dev"), "{source} -o {program} -lsqlite3 -lm"),
)

def shell(name, shows, script, path, package, arguments=""):
    return Row(2, name, shows, ("shells/" + script,), ((path, package),), run=path + arguments + " {script}", files=(path,))


SHELLS = (
    shell("busybox.applets", "more than a hundred applets on real input: text, coding, compressing, archives, files, editing, processes",
          "applets.sh", "/bin/busybox", "busybox-static", " sh"),
    shell("busybox.sh", "functions, expansions, here-documents, traps, background jobs, pipes, redirections; builds a tree and tars it",
          "script.sh", "/bin/busybox", "busybox-static", " sh"),
    shell("bash", "arrays, regular expressions, process substitution, coprocesses, job control, traps", "arrays.bash", "/bin/bash-static", "bash-static"),
    shell("zsh", "arrays, glob qualifiers, parameter flags, process substitution, coprocesses, traps", "shell.zsh", "/bin/zsh-static", "zsh-static"),
    shell("mksh", "arrays, typed parameters, coprocesses, job control, traps, value substitutions", "korn.mksh", "/bin/mksh-static", "mksh"),
)

def dynamic(name, shows, script, program, *needs):
    """A program that is in every Debian is none of its needs: /bin/sh."""
    return Row(4, name, shows, ("dynamic/" + script,), needs, run=program + " {script}", host=True)


def tool(name, package=None):
    return ("/usr/bin/" + name, package or name)


DYNAMIC = (
    dynamic("python", "threads, queues, subprocesses, multiprocessing, asyncio, sockets, SQLite, compression, signals", "threads.py",
            "/usr/bin/python3", tool("python3")),
    dynamic("perl", "regular expressions, hashes, closures, files, pipes, fork, signals, sockets", "hashes.pl", "/usr/bin/perl", tool("perl")),
    dynamic("tools", "ls, gcc that compiles and links what then runs, shared libraries, git from init to clone, sqlite3, archives, awk",
            "tools.sh", "/bin/sh", tool("gcc"), tool("g++"), tool("objdump", "binutils"), tool("git"), tool("sqlite3"), tool("awk", "mawk")),
    dynamic("servers", "redis and its client, scripts, a background save, keys that expire; lighttpd and curl over loopback; tmux and its windows",
            "servers.sh", "/bin/sh", tool("redis-server"), tool("redis-cli", "redis-tools"), ("/usr/sbin/lighttpd", "lighttpd"), tool("curl"), tool("tmux")),
    dynamic("awk.large", "awk over a file of 100 MB", "large.sh", "/bin/sh", tool("awk", "mawk")),
)

ROWS = (*c_rows(), *SHELLS, *LANGUAGES, *DYNAMIC)
