"""--bind HOST:GUEST:rw: the guest changes a directory of the host as a program of the host does."""
import os
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
from world import Tree, guest, hostEnvironment

NOBODY = 65534


def contentOf(path):
    with open(path, "rb") as file:
        return file.read()


def entry(path, groups):
    s = os.lstat(path)
    seen = [stat.S_IFMT(s.st_mode), oct(stat.S_IMODE(s.st_mode)), s.st_uid, s.st_gid, s.st_nlink]
    if stat.S_ISREG(s.st_mode):
        seen += [s.st_size, contentOf(path)]
    if stat.S_ISLNK(s.st_mode):
        seen.append(os.readlink(path))
    if not stat.S_ISDIR(s.st_mode):
        seen.append(groups.setdefault((s.st_dev, s.st_ino), path))          # the first of its names
    if not stat.S_ISLNK(s.st_mode):
        seen.append([(name, os.getxattr(path, name)) for name in sorted(os.listxattr(path))])
    if s.st_mtime < 1500000000:                                             # set, not passed
        seen += [s.st_mtime_ns, s.st_atime_ns if stat.S_ISREG(s.st_mode) else 0]
    return seen


def treeOf(folder):
    tree, groups, here = {}, {}, os.getcwd()
    os.chdir(folder)
    for where, directories, files in os.walk("."):
        directories.sort()
        for name in [where, *(os.path.join(where, each) for each in (*directories, *sorted(files)))]:
            tree[name] = entry(name, groups)
    os.chdir(here)
    return tree


def withoutSetId(tree):
    """They stay in the guest (docs/fidelity.md), and go when another user than root writes."""
    return {name: [seen[0], oct(int(seen[1], 8) & ~0o6000) if stat.S_ISREG(seen[0]) else seen[1], *seen[2:]] for name, seen in tree.items()}


def run(command, user):
    """umask is not the guest's: it has one of its own."""
    other = {"user": user, "group": user, "extra_groups": []} if user else {}
    done = subprocess.run(command, capture_output=True, timeout=60, env=hostEnvironment(), umask=0o077, **other)
    return done.returncode, done.stdout


def sameTree(user, profile):
    later = ["later"] if profile != "v3.10" else []
    with tempfile.TemporaryDirectory() as natively, tempfile.TemporaryDirectory() as emulated:
        for folder in (natively, emulated):
            if user:
                os.chown(folder, user, user)
        program = guest("host_tree.gnu")
        expected = run([program, natively, *later], user)
        ids = ("--uid", str(user), "--gid", str(user)) if user or os.getuid() == 0 else ("--uid", str(os.getuid()), "--gid", str(os.getgid()))
        found = run([cases.Options.execscope, "run", "--profile", profile, *ids, "--bind", emulated + ":/data:rw", "--", program, "/data", *later], user)
        cases.check(found == expected, "natively:", expected[1].decode(), "\nunder execscope:", found[0], found[1].decode())
        wanted, there = withoutSetId(treeOf(natively)), treeOf(emulated)
        for name in sorted({*wanted, *there}):
            cases.check(wanted.get(name) == there.get(name), name, "natively", wanted.get(name), "under execscope", there.get(name))


def test_writable_bind():
    for user, profile in ((0, "v3.10"), (0, "v6.1"), (NOBODY, "v6.1")):
        if os.getuid() == 0 or not user:
            sameTree(user, profile)


def makeLarge(folder):
    """4 GiB and some, of which 64 MiB are not holes."""
    path = os.path.join(folder, "large")
    with open(path, "wb") as file:
        file.seek(1 << 30)
        for number in range(64):
            file.write(bytes([number]) * (1 << 20))
        file.seek((4 << 30) + 12345)
        file.write(b"end.")
    return path


def marks(path):
    with open(path, "rb") as file:
        file.seek(5 << 30)
        return os.stat(path).st_size, file.read(6), file.seek((5 << 30) + 4096), file.read(6)


def test_large_files():
    """Of a file of 4 GiB only what is used is read, and what was read makes room for more: execscope needs --memory and some of its own."""
    program, said, peaks = guest("large_file.gnu"), [], []
    for how in ("natively", "bind", "root"):
        with Tree() as tree:
            path = makeLarge(tree.path)
            os.chmod(path, 0o666)
            before = marks(path)
            tree.copy(program, "/program")
            run = [program, path] if how == "natively" else [cases.Options.execscope, "run", "--memory", "48", *(
                ("--root", tree.path, "--", "/program", "/large") if how == "root" else ("--bind", tree.path + ":/given:rw", "--", program, "/given/large"))]
            process = subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            output, errors = process.stdout.read(), process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.stdout.close(), process.stderr.close()
            said.append((output, errors, status))
            peaks.append(usage.ru_maxrss >> 10)
            cases.check(marks(path) == (before if how == "root" else (6 << 30, b"behind", (5 << 30) + 4096, b"mapped")), how, marks(path), output)
    cases.check(said[0] == said[1] == said[2], said)
    cases.check(max(peaks) < (1000 if "dev" in cases.Options.execscope else 300), "MiB:", peaks)


if __name__ == "__main__":
    cases.run(__name__)
