"""What a guest tries to reach beyond what it was given: files, the network, time. Memory and disk are in report.py."""
import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
from cases import check
from world import execscope, guest, needs

SECRET = b"a secret of the host\n"


@contextlib.contextmanager
def house():
    """outside/ with a secret, and beside it given/, which the guest has as /given."""
    with tempfile.TemporaryDirectory() as top:
        for name in ("outside", "given", "given/room"):
            os.mkdir(os.path.join(top, name))
        for name, content in (("outside/secret", SECRET), ("given/file", b"given\n"), ("given/room/secret", b"the guest's\n")):
            with open(os.path.join(top, name), "wb") as file:
                file.write(content)
        yield top


def snapshot(folder):
    found = {}
    for where, directories, files in os.walk(folder):
        for name in (*directories, *files, "."):
            path = os.path.join(where, name)
            s = os.lstat(path)
            found[path] = (s.st_mode, s.st_uid, s.st_nlink, s.st_size, s.st_mtime_ns, s.st_ctime_ns)
    return found


def busybox(top, script, *options):
    return execscope("run", "--bind", top + "/given:/given" + (":rw" if "rw" in options else ""), *(o for o in options if o != "rw"),
                     "--", needs("/bin/busybox"), "sh", "-c", script.replace("OUT", top + "/outside"))


ATTEMPTS = """
    b=/bin/busybox; cd /given
    $b ln -s OUT/secret s1; $b ln -s ../outside/secret s2; $b ln -s ../../../../../../../../..OUT/secret s3; $b ln -s ../outside d1; $b ln -s / d2
    for f in OUT/secret ../outside/secret /given/../outside/secret room/../../outside/secret s1 s2 s3 d1/secret d2OUT/secret \
             host-link host-directory/secret host-up/secret /proc/self/rootOUT/secret /proc/1/rootOUT/secret /proc/self/cwd/../outside/secret; do
        $b cat $f; echo lost > $f; $b chmod 777 $f; $b touch -d 2001-01-01 $f; $b chown 7:7 $f; $b truncate -s 0 $f; $b ln $f got; $b mv $f taken; $b rm $f
        $b mkdir ${f%secret}made; $b mkfifo ${f%secret}fifo
    done 2>/dev/null
    $b mv /given /given/.. 2>/dev/null; $b rmdir /given 2>/dev/null; $b rm -r OUT 2>/dev/null
    $b mknod device b 8 0 2>/dev/null || echo no device
    $b chroot /given /bin/busybox cat /outside/secret 2>/dev/null
    exec 3< /given; cd /proc/self/fd/3/../outside 2>/dev/null && $b cat secret
    echo done
"""


def test_files_that_were_not_given():
    """By .., symlinks of the host's and of the guest's own, /proc, and names from elsewhere; with and without writes and --root."""
    for options in ((), ("rw",), ("--root", "given", "rw")):
        with house() as top:
            os.symlink(top + "/outside/secret", top + "/given/host-link")
            os.symlink(top + "/outside", top + "/given/host-directory")
            os.symlink("../outside", top + "/given/host-up")
            before = snapshot(top + "/outside")
            if "--root" in options:
                os.makedirs(top + "/root/bin")
                with open(needs("/bin/busybox"), "rb") as source, open(top + "/root/bin/busybox", "wb") as copy:
                    copy.write(source.read())
                os.chmod(top + "/root/bin/busybox", 0o755)
            found = busybox(top, ATTEMPTS, *(top + "/root" if o == "given" else o for o in options))
            check(found.status == 0 and found.stdout.endswith(b"done\n") and b"no device" in found.stdout, options, found)
            check(SECRET.strip() not in found.stdout + found.stderr, options, found)
            check(snapshot(top + "/outside") == before, options, "changed:", snapshot(top + "/outside"), before)


class Talking:
    """A shell in the guest that does what it is told and says when it has."""

    def __init__(self, top):
        self.process = subprocess.Popen(
            [cases.Options.execscope, "run", "--timeout", "60", "--bind", top + "/given:/given:rw", "--", needs("/bin/busybox"), "sh"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def do(self, script):
        self.process.stdin.write(script.encode() + b"\necho; echo over\n")
        self.process.stdin.flush()
        said = b""
        while not said.endswith(b"\nover\n"):
            ready, _, _ = select.select([self.process.stdout], [], [], 30)
            more = os.read(self.process.stdout.fileno(), 4096) if ready else b""
            check(more, "the shell is gone, or silent:", said)
            said += more
        return said[:-len(b"\nover\n")]

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def test_changes_from_outside():
    """A directory that the guest knows becomes a symlink to another, or goes away, while it runs."""
    with house() as top, Talking(top) as shell:
        check(shell.do("cd /given/room; /bin/busybox cat secret; exec 3>>old; echo 1 >&3") == b"the guest's\n")
        before = snapshot(top + "/outside")
        os.rename(top + "/given/room", top + "/outside-room")
        os.symlink("../outside", top + "/given/room")
        said = shell.do("b=/bin/busybox; for f in secret /given/room/secret new /given/room/new; do $b cat $f; echo lost > $f; $b chmod 777 $f; "
                        "$b rm $f; $b mkdir $f; $b ln -s x $f; $b ln /given/file $f; $b mv /given/file $f; $b touch -d 2001-01-01 $f; $b ls /given/room .; done; echo 2 >&3")
        check(SECRET.strip() not in said, said)
        check(snapshot(top + "/outside") == before, "changed:", snapshot(top + "/outside"))
        with open(top + "/outside-room/old", "rb") as file:
            check(file.read() == b"1\n2\n", "a file that was open is another now")
        os.remove(top + "/given/room")
        os.rename(top + "/given", top + "/was-given")
        os.symlink("outside", top + "/given")
        said = shell.do("$b cat /given/secret /given/file; echo lost > /given/secret; echo lost > /given/new; $b rm /given/secret; $b chmod 777 /given")
        check(SECRET.strip() not in said and snapshot(top + "/outside") == before, said, snapshot(top + "/outside"))


def test_network():
    """Listeners of the host on the loopback, on every address, and on a socket that lies in what was given hear nothing."""
    script = """
        b=/bin/busybox
        for host in 127.0.0.1 $ADDRESS 0.0.0.0; do
            echo lost | $b timeout 2 $b nc -w 1 $host $TCP; echo lost | $b timeout 2 $b nc -u -w 1 $host $UDP; $b timeout 2 $b wget -q -O - http://$host:$TCP/
        done 2>/dev/null
        echo lost | $b timeout 2 $b nc -w 1 local:/given/socket 2>/dev/null
        $b ping -c 1 -W 1 127.0.0.1 > /dev/null 2>&1
        echo lost > /dev/udp 2>/dev/null; echo lost > /given/socket 2>/dev/null; $b ip link 2>/dev/null
        echo done
    """
    with house() as top, contextlib.ExitStack() as all_of_them:
        listeners = []
        for family, kind, address in ((socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 0)), (socket.AF_INET, socket.SOCK_DGRAM, ("0.0.0.0", 0)),
                                      (socket.AF_UNIX, socket.SOCK_STREAM, top + "/given/socket")):
            one = all_of_them.enter_context(socket.socket(family, kind))
            one.bind(address)
            if kind == socket.SOCK_STREAM:
                one.listen(5)
            listeners.append(one)
        try:
            own = socket.gethostbyname(socket.gethostname())
        except OSError:
            own = "127.0.0.2"
        script = script.replace("$TCP", str(listeners[0].getsockname()[1])).replace("$UDP", str(listeners[1].getsockname()[1])).replace("$ADDRESS", own)
        found = busybox(top, script, "rw")
        check(found.status == 0 and found.stdout.endswith(b"done\n"), found)
        heard, _, _ = select.select(listeners, [], [], 0.2)
        check(not heard, "the host heard the guest:", heard)


def test_timeout_wherever_it_is_spent():
    """In one loop, in long instructions and slow ones, in the kernel. A report with tasks is one that the machine could still give."""
    for way in ("loop", "text", "sines", "reads", "sends", "maps", "fills", "forks"):
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/sparse", "wb") as file:
                file.truncate(1 << 40)
            found = execscope("run", "--timeout", "0.3", "--memory", "256", "--report", folder + "/r.json", "--bind", folder + ":/given",
                              "--", guest("held_up.gnu"), way)
            with open(folder + "/r.json", encoding="utf-8") as file:
                report = json.load(file)
            check(found.status == 124 and b"--timeout" in found.stderr, way, found)
            check(report["end"]["reason"] == "timeout" and report["end"]["limit"]["option"] == "--timeout" and report["tasks"], way, report)
            check(report["counts"]["instructions"] < 10**9, way, report["counts"])


def test_max_instructions_wherever_they_are_spent():
    for way in ("loop", "sines", "sends"):
        with tempfile.TemporaryDirectory() as folder:
            found = execscope("run", "--max-instructions", "60000", "--report", folder + "/r.json", "--", guest("held_up.gnu"), way)
            with open(folder + "/r.json", encoding="utf-8") as file:
                report = json.load(file)
            check(found.status != 0 and report["end"]["reason"] == "limit" and report["counts"]["instructions"] == 60000, way, found, report)


def test_fifos_of_the_host_do_not_block():
    """One that nobody writes: as the program, as a file of a bind, and as the file that a link in it names."""
    with house() as top:
        os.mkfifo(top + "/given/fifo", 0o755)
        os.symlink("fifo", top + "/given/link")
        found = busybox(top, "for f in fifo link; do /bin/busybox cat /given/$f || echo no; done 2>/dev/null; /given/fifo 2>/dev/null || echo no", "--timeout", "20")
        check((found.status, found.stdout) == (0, b"no\nno\nno\n"), found)
        found = execscope("run", "--timeout", "20", "--", top + "/given/fifo")
        check(found.status not in (0, 124), found)
        found = busybox(top, "(echo through it > /given/fifo) & /bin/busybox cat /given/fifo", "--timeout", "20", "rw")
        check((found.status, found.stdout) == (0, b"through it\n"), "a FIFO of a writable bind joins the guest's processes:", found)


def test_export_tree_diff_explain_trace_keep_what_they_read():
    """-o that names the file being read, also by another name, destroys nothing."""
    with tempfile.TemporaryDirectory() as folder:
        trace, link, program = folder + "/t.jsonl", folder + "/link", folder + "/program"
        check(execscope("trace", "-o", trace, "--steps", "9", "--", guest("hello.musl")).status == 3)
        with open(guest("hello.musl"), "rb") as source, open(program, "wb") as copy:
            copy.write(source.read())
        os.chmod(program, 0o755)
        os.symlink("t.jsonl", link)
        before = [open(path, "rb").read() for path in (trace, program)]
        formats = [("export", "--format", name) for name in ("csv", "ftrace", "jsonl", "lcov", "perfetto", "sqlite", "strace", "tenet")]
        attempts = [(*words, "-o", output, trace) for words in (*formats, ("tree",), ("explain",)) for output in (trace, link)]
        attempts += [("diff", "-o", trace, guest("hello.musl"), trace), ("diff", "-o", trace, trace, link)]
        attempts += [(name, "-o", program, "--", program) for name in ("trace", "tree", "explain", "survey")]
        attempts += [("run", "--report", program, "--", program)]
        attempts += [("trace", "-o", program, "--root", folder, "--", "/program")]
        for attempt in attempts:
            found = execscope(*attempt)
            check(found.status == 125 and found.stdout == b"" and b"name another file" in found.stderr, attempt, found)
            check([open(path, "rb").read() for path in (trace, program)] == before, attempt, "destroyed")
        with open(trace, "rb") as held:
            found = execscope("export", "--format", "csv", "-o", folder + "/t.csv", "-", stdin=held.read())
        check(found.status == 0 and os.path.getsize(folder + "/t.csv") > 0, found)


if __name__ == "__main__":
    cases.run(__name__)
