"""The hashes of traces that every build on every host must make: tests/golden/hashes.txt.

The programs are committed, so that no compiler of the host is in the traces: tests/golden/inputs/NAME is tests/guest/NAME.c, built
with musl-gcc for the tests and stripped (strip -s). EXECSCOPE_WRITE_PAGES=1 ctest -R golden.published_hashes writes the hashes anew.
"""
import json
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import cases
from cases import check
from world import execscope

INPUTS, TABLE = os.path.join(HERE, "inputs"), os.path.join(HERE, "hashes.txt")
HEAD = "# The footer's hash (docs/trace-format.md, \"Hash\") of `execscope trace --profile PROFILE --path-as /NAME -- ./NAME`; see published.py.\n"


def hashes(program=None):
    """{(name, profile): hash}, as this build of execscope makes them."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in sorted(os.listdir(INPUTS)):
            copy = os.path.join(folder, name)
            shutil.copyfile(os.path.join(INPUTS, name), copy)
            os.chmod(copy, 0o755)
            os.utime(copy, (1000000000, 1000000000))
            for profile in ("v3.10", "v6.1"):
                path = copy + ".jsonl"
                result = execscope("trace", "-o", path, "--profile", profile, "--path-as", "/" + name, "--", "./" + name, cwd=folder, program=program)
                check(result.status != 125, name, profile, result)
                with open(path, encoding="utf-8") as file:
                    last = file.readlines()[-1]
                found[name, profile] = json.loads(last)["hash"]
    return found


def published():
    with open(TABLE, encoding="utf-8") as file:
        rows = [line.split() for line in file if not line.startswith("#")]
    return {(name, profile): value for name, profile, value in rows}


def differences(found):
    """What a build makes otherwise than published, a line each."""
    table = published()
    return ["%s %s: %s, published %s" % (*key, found.get(key), table.get(key)) for key in sorted(found.keys() | table.keys()) if found.get(key) != table.get(key)]


def test_published_hashes():
    found = hashes()
    if os.environ.get("EXECSCOPE_WRITE_PAGES"):
        with open(TABLE, "w", encoding="utf-8") as file:
            file.write(HEAD + "".join("%s %s %s\n" % (*key, value) for key, value in sorted(found.items())))
    check(len(found) >= 12, found)
    check(not differences(found), "other traces than published (EXECSCOPE_WRITE_PAGES=1 publishes them):\n" + "\n".join(differences(found)))


if __name__ == "__main__":
    cases.run(__name__)
