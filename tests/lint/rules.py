"""The rules. Each is a function from a root directory to a list of complaints, and each has broken files that it must catch.

BROKEN maps a rule to files (path to content) that violate it; lint.py checks that the rule then complains.
"""
import os
import re

from source import LAYERS, codeOnly, functions, isOurCpp, projectFiles, read

FILE_LINES, FUNCTION_LINES = 300, 40
LINUX_WORDS = re.compile(r"\b(?:linux|task_struct|mm_struct|vm_area_struct|linux_binprm|pt_regs|syscall_table|execve|"
                         r"EFAULT|ENOSYS|SIGSEGV|SIGILL|SIGFPE|SIGTRAP|sys_\w+|do_\w+_fault)\b", re.I)
# traces carries Linux tracepoint names as the names of its event kinds (docs/trace-format.md); they are data to it.
TRACEPOINTS = {"sys_enter", "sys_exit", "sched_switch", "sched_process_fork", "sched_process_exec", "sched_process_exit"}


def layers(root):
    """A folder includes only what is left of it: traces <- cpu <- kernel_model <- loader <- emu."""
    wrong = []
    for name in filter(isOurCpp, projectFiles(root)):
        own = LAYERS.index(name.split("/")[0])
        text = read(root, name)
        for number, line in enumerate(text.splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
            if not include:
                continue
            folder = include.group(1).split("/")[0]
            if folder not in LAYERS:
                wrong.append(f"{name}:{number}: include paths start at the repository root: {include.group(1)}")
            elif LAYERS.index(folder) > own:
                wrong.append(f"{name}:{number}: {LAYERS[own]} must not include {folder}")
            elif not os.path.exists(os.path.join(root, include.group(1))):
                wrong.append(f"{name}:{number}: no such file: {include.group(1)}")
    return wrong


def linuxFree(root):
    """traces and cpu do not know Linux: none of its names is in their code."""
    wrong = []
    for name in filter(isOurCpp, projectFiles(root)):
        if not name.startswith(("traces/", "cpu/")):
            continue
        for number, line in enumerate(codeOnly(read(root, name)).splitlines(), 1):
            for word in LINUX_WORDS.findall(line):
                if word not in TRACEPOINTS:
                    wrong.append(f"{name}:{number}: a Linux name below kernel_model: {word}")
    return wrong


def exceptions(root):
    """tests/lint/exceptions.txt: {(rule, path or path:function): reason}."""
    found = {}
    path = os.path.join(root, "tests/lint/exceptions.txt")
    for line in open(path, encoding="utf-8") if os.path.exists(path) else ():
        if line.strip() and not line.startswith("#"):
            rule, what, reason = line.strip().split(None, 2)
            found[rule, what] = reason
    return found


def size(root):
    """Files up to 300 lines, functions up to 40; longer ones are in exceptions.txt with a reason."""
    wrong, allowed, used = [], exceptions(root), set()

    def complain(rule, key, text):
        if (rule, key) in allowed:
            used.add((rule, key))
        else:
            wrong.append(text)
    for name in filter(isOurCpp, projectFiles(root)):
        text = read(root, name)
        lines = text.count("\n")
        if lines > FILE_LINES:
            complain("file", name, f"{name}: {lines} lines")
        for function, first, last in functions(text):
            if last - first + 1 > FUNCTION_LINES:
                complain("function", f"{name}:{function}", f"{name}:{first}: {function} has {last - first + 1} lines")
    wrong += [f"tests/lint/exceptions.txt: no longer needed: {rule} {what}" for rule, what in set(allowed) - used
              if rule in ("file", "function")]
    return wrong


TYPE = re.compile(r"^\s*(?:template\s*<[^>]*>\s*)?(?:struct|class|enum(?:\s+class)?|union)\s+(\w+)(?=\s*(?:final\s*)?[:{;])", re.M)
# Names that an interface of a library prescribes: nlohmann::json's SAX events, CLI11's Formatter. Those that the SDM gives.
PRESCRIBED = {"number_integer", "number_unsigned", "number_float", "start_object", "start_array", "end_object", "end_array",
              "parse_error", "make_usage", "sse4_1", "sse4_2"}


def names(root):
    """snake_case is Linux's, CamelCase and lowerCamelCase are ours; traces, cpu and emu hold nothing of Linux's."""
    wrong = []
    for name in filter(isOurCpp, projectFiles(root)):
        text = read(root, name)
        ours = name.startswith(("traces/", "cpu/", "emu/"))
        for match in TYPE.finditer(codeOnly(text)):
            type_name, line = match.group(1), text.count("\n", 0, match.start(1)) + 1
            camel = re.fullmatch(r"[A-Z][A-Za-z0-9]*", type_name)
            snake = re.fullmatch(r"[a-z][a-z0-9_]*", type_name)
            if not camel and (ours or not snake):
                wrong.append(f"{name}:{line}: type {type_name} is neither CamelCase" + ("" if ours else " nor snake_case"))
        for function, first, _ in functions(text):
            last = function.split("::")[-1].strip("~_")
            if last in PRESCRIBED:
                continue
            if "_" in last and re.search("[a-z]", last) and (ours or re.search("[A-Z]", last)):
                wrong.append(f"{name}:{first}: function {last} " + ("is not lowerCamelCase" if ours else "mixes snake_case and CamelCase"))
    return wrong


def whitespace(root):
    """No trailing blanks, no tabs in C++, Python and CMake, a line break at the end, no carriage returns."""
    wrong = []
    for name in projectFiles(root):
        if not name.endswith((".cpp", ".hpp", ".c", ".py", ".sh", ".md", ".txt", ".json", ".inc", ".S")):
            continue
        if name.startswith(("tests/bench/workloads/", "traces/samples/")):
            continue
        text = read(root, name)
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                wrong.append(f"{name}:{number}: trailing blank")
            if "\t" in line and name.endswith((".cpp", ".hpp", ".py")):
                wrong.append(f"{name}:{number}: tab")
        if text and not text.endswith("\n"):
            wrong.append(f"{name}: no line break at the end")
    return wrong


LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def anchors(text):
    heads = re.findall(r"^#+\s+(.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def links(root):
    """Links in Markdown lead to files and headings that exist; so do paths in backquotes and commands in code blocks."""
    wrong = []
    for name in projectFiles(root):
        if not name.endswith(".md"):
            continue
        text, folder = read(root, name), os.path.dirname(name)
        for target in LINK.findall(text):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            full = os.path.normpath(os.path.join(root, folder, path)) if path else os.path.join(root, name)
            if not os.path.exists(full):
                wrong.append(f"{name}: broken link: {target}")
            elif anchor and full.endswith(".md") and anchor not in anchors(open(full, encoding="utf-8").read()):
                wrong.append(f"{name}: no such heading: {target}")
        for path in re.findall(r"`((?:%s|tests|docs|\.ci)/[\w./-]+)`" % "|".join(LAYERS), text):
            if not os.path.exists(os.path.join(root, path)):
                wrong.append(f"{name}: no such file: {path}")
        for block in re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M):
            for path in re.findall(r"(?<![\w/.-])((?:emu|tests|\.ci)/[\w./-]+)", block):
                if not os.path.exists(os.path.join(root, path)):
                    wrong.append(f"{name}: names a command that does not exist: {path}")
    return wrong


def scripts(root):
    """Shell scripts parse, can be executed and begin with #!/bin/sh; .ci/run calls tests/run.sh and nothing else."""
    import subprocess
    wrong = []
    for name in projectFiles(root):
        if not name.endswith(".sh") and name != ".ci/run":
            continue
        path = os.path.join(root, name)
        first = read(root, name).split("\n", 1)[0]
        if name.startswith("tests/lib/"):
            if first.startswith("#!"):
                wrong.append(f"{name}: is sourced, not run")
        elif first not in ("#!/bin/sh", "#!/bin/bash") or not os.access(path, os.X_OK):
            wrong.append(f"{name}: is not an executable shell script")
        shell = "bash" if "bash" in first else "sh"
        done = subprocess.run([shell, "-n", path], capture_output=True, text=True)
        if done.returncode:
            wrong.append(f"{name}: {done.stderr.strip()}")
        if name == ".ci/run":
            commands = [line for line in read(root, name).splitlines() if line.strip() and not line.startswith("#")]
            if len(commands) != 1 or "tests/run.sh" not in commands[0]:
                wrong.append(".ci/run: does something else than call tests/run.sh")
    return wrong


RULES = {"layers": layers, "linux-free": linuxFree, "size": size, "names": names, "whitespace": whitespace, "links": links,
         "scripts": scripts}

LONG = "int longOne(int n) {\n" + "    n++;\n" * 45 + "    return n;\n}\n"
BROKEN = {
    "layers": [{"cpu/a.cpp": '#include "kernel_model/x.hpp"\n'}, {"cpu/a.cpp": '#include "a.hpp"\n'},
               {"emu/a.cpp": '#include "cpu/missing.hpp"\n'}],
    "linux-free": [{"cpu/a.cpp": "int task_struct;\n"}, {"traces/a.hpp": "int sys_write();\n"}],
    "size": [{"cpu/a.cpp": "int x;\n" * 301}, {"cpu/a.cpp": LONG}, {"cpu/a.cpp": "namespace cpu {\n" + LONG + "}\n"},
             {"cpu/a.cpp": "constexpr auto add = [](int n) {\n" + "    n++;\n" * 45 + "};\n"},
             {"cpu/a.hpp": "struct S {\n" + LONG.replace("int long", "    S() : a(1), b{2} {}\n    int long") + "};\n"},
             {"fs/a.cpp": "", "kernel_model/a.cpp": LONG.replace("int longOne(int n)", "TRACED(int, do_long, (int, n))")},
             {"tests/lint/exceptions.txt": "file cpu/gone.cpp was long once\n"}],
    "names": [{"cpu/a.cpp": "struct bad_name {};\n"}, {"cpu/a.cpp": "int bad_name(int n) {\n    return n;\n}\n"},
              {"kernel_model/a.cpp": "struct Bad_name {};\n"}, {"loader/a.cpp": "int load_Elf() {\n    return 1;\n}\n"}],
    "whitespace": [{"a.md": "x \n"}, {"a.cpp": "\tx\n"}, {"a.py": "x"}],
    "links": [{"README.md": "[x](docs/none.md)\n"}, {"docs/a.md": "# One\n[x](#two)\n"}, {"a.md": "`cpu/none.cpp`\n"},
              {"README.md": "```sh\ntests/nothing.sh --quick\n```\n"}],
    "scripts": [{"a.sh": "#!/bin/sh\nif\n"}, {".ci/run": "#!/bin/sh\nrm -r build\ntests/run.sh\n"}],
}
GOOD = {
    "size": {"cpu/a.cpp": "const int table[] = {\n" + "    1,\n" * 60 + "};\nenum class E {\n" + "    a,\n" * 50 + "};\n"},
    "names": {"cpu/a.hpp": "struct A {\n    A(int n, int m = {}) : n_(n), m_{m} {}\n};\n",
              "kernel_model/a.cpp": "struct task_struct {};\nclass UserPtr {};\nint copy_process(int n) {\n    return n;\n}\n"},
    "linux-free": {"cpu/a.cpp": "// as Linux does in do_page_fault\nconst char* s = \"EFAULT\";\n"},
}
