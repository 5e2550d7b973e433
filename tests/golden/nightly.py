"""Builds execscope without optimisation, with it, and with sanitizers, and compares the traces of all with the published ones.

    nightly.py SOURCE BUILD            (the target `nightly`; BUILD keeps the builds for the next time)
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import published

BUILDS = {"O0": ("-DCMAKE_BUILD_TYPE=Debug",), "O2": ("-DCMAKE_BUILD_TYPE=Release",),
          "sanitizers": ("-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DEXECSCOPE_SANITIZE=ON")}


def built(source, folder, options):
    subprocess.run(["cmake", "-G", "Ninja", "-S", source, "-B", folder, "-DEXECSCOPE_TESTS=OFF", "-DCMAKE_CXX_COMPILER=g++",
                    "-DCMAKE_C_COMPILER=gcc", *options], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", folder, "--target", "execscope"], check=True)
    return os.path.join(folder, "execscope")


def main(source, build):
    failed = False
    for name, options in BUILDS.items():
        wrong = published.differences(published.hashes(built(source, os.path.join(build, name), options)))
        print("%s: %s" % (name, "other traces:\n" + "\n".join(wrong) if wrong else "the published traces"), flush=True)
        failed = failed or bool(wrong)
    return failed


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
