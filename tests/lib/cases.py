"""Test cases as Python functions: every function named test_* of a script is one ctest test.

SCRIPT --list names them; SCRIPT NAME --execscope PATH --guests DIR runs one. A failed assert fails the test.
"""
import argparse
import sys


class Options:
    execscope = "build/release/execscope"   # the program under test
    guests = "build/release/tests/guest"    # where the guest programs are built
    clang = ""                              # the same program built by clang++-19
    dev = ""                                # the same program built with sanitizers
    schema = ""


class Skip(Exception):
    """The machine cannot run this test; ctest shows it as skipped."""


def check(condition, *explanation):
    if not condition:
        raise AssertionError(" ".join(str(part) for part in explanation))


def main(cases):
    """cases: a dict from test name to function without arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", nargs="?")
    parser.add_argument("--list", action="store_true")
    for option in ("execscope", "guests", "clang", "dev", "schema"):
        parser.add_argument("--" + option, default=getattr(Options, option))
    arguments = parser.parse_args()
    for option in ("execscope", "guests", "clang", "dev", "schema"):
        setattr(Options, option, getattr(arguments, option))
    if arguments.list:
        print("\n".join(cases))
        return 0
    failed = 0
    for name in [arguments.name] if arguments.name else cases:
        try:
            cases[name]()
            print("passed", name)
        except Skip as reason:
            print("skipped", name, reason)
            if arguments.name:
                return 77
        except AssertionError as problem:
            print("FAILED", name)
            print(problem)
            failed += 1
    return 1 if failed else 0


def functions(module):
    return {name[5:]: value for name, value in vars(module).items() if name.startswith("test_")}


def run(module_name):
    sys.exit(main(functions(sys.modules[module_name])))
