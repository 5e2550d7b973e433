"""Style rules that a machine can check. Each rule NAME is the test lint.NAME; lint.NAME-can-fail breaks it on purpose."""
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), HERE]
import cases
import rules


def holds(rule):
    wrong = rules.RULES[rule](ROOT)
    cases.check(not wrong, rules.RULES[rule].__doc__ + "\n" + "\n".join(wrong))


def put(root, files):
    for name, content in files.items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)


def canFail(rule):
    for files in rules.BROKEN[rule]:
        with tempfile.TemporaryDirectory() as root:
            put(root, files)
            cases.check(rules.RULES[rule](root), "the rule", rule, "does not see what is wrong in", files)
    with tempfile.TemporaryDirectory() as root:
        put(root, rules.GOOD.get(rule, {}))
        wrong = rules.RULES[rule](root)
        cases.check(not wrong, "the rule", rule, "complains about what is right:", wrong)


def all_cases():
    found = {}
    for rule in rules.RULES:
        found[rule] = lambda rule=rule: holds(rule)
        found[rule + "-can-fail"] = lambda rule=rule: canFail(rule)
    return found


if __name__ == "__main__":
    sys.exit(cases.main(all_cases()))
