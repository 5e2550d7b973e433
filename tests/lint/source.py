"""What the lints share: which files there are, C++ text without comments and literals, functions and their lengths."""
import os
import re
import subprocess

LAYERS = ("traces", "cpu", "kernel_model", "loader", "emu")
SUFFIXES = (".cpp", ".hpp", ".inc", ".def")


def projectFiles(root):
    """Paths relative to root of every file that git knows or would know."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    if listed.returncode == 0:
        names = listed.stdout.splitlines()
    else:
        names = [os.path.relpath(os.path.join(folder, name), root) for folder, _, found in os.walk(root) for name in found]
        names = [name for name in names if not name.startswith((".git/", "build"))]
    return sorted(name for name in set(names) if os.path.isfile(os.path.join(root, name)))


def isOurCpp(name):
    return name.endswith(SUFFIXES) and name.split("/")[0] in LAYERS


def read(root, name):
    with open(os.path.join(root, name), encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


LITERALS = re.compile(r'R"(?P<raw>[^(\s]*)\(.*?\)(?P=raw)"|"(?:\\.|[^"\\\n])*"|(?<![\w])\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*.*?\*/',
                      re.S)


def codeOnly(text):
    """C++ text with comments and literals blanked; line breaks stay."""
    def blank(match):
        found = match.group(0)
        kept = re.sub(r"[^\n]", " ", found)
        return kept if found.startswith("/") else '"' + kept[1:-1] + '"' if len(found) > 1 else kept
    return LITERALS.sub(blank, text)


NOT_A_FUNCTION = re.compile(r"^\s*(?:(?:export|inline|typedef|static|constexpr|const)\s+)*"
                            r"(?:namespace|struct|class|union|enum|extern\s*\")|^\s*$|=\s*$|=\s*\{")


def isFunctionHead(head):
    """Whether a brace after this text (since the last ; { or }) opens a function's or lambda's body."""
    head = re.sub(r"^\s*#.*$", "", head, flags=re.M).strip()
    head = re.sub(r"^(?:public|private|protected)\s*:", "", head).strip()
    lambda_head = re.search(r"=\s*\[[^\]]*\]", head)
    without_template = re.sub(r"^template\s*<.*?>\s*(?=\w)", "", head, flags=re.S)
    if NOT_A_FUNCTION.search(without_template) and not lambda_head:
        return False
    return "(" in head or bool(lambda_head)


def functions(text):
    """[(name or head, first line, last line)] of the outermost function bodies, lines counted from 1."""
    code = codeOnly(text)
    code = re.sub(r"^[ \t]*#.*?(?<!\\)$", lambda m: re.sub(r"[^\n]", " ", m.group(0)), code, flags=re.S | re.M)
    found, inside, depth, start, parens = [], None, 0, 0, 0
    for position, character in enumerate(code):
        if character == "(":
            parens += 1
        elif character == ")":
            parens -= 1
        elif character == "{":
            if inside is None and parens == 0 and isFunctionHead(code[start:position]) and not memberInitialiser(code[start:position]):
                inside = (depth, start, position)
            depth += 1
            if inside is None and parens == 0:
                start = position + 1
        elif character == "}":
            depth -= 1
            if inside and depth == inside[0]:
                found.append(describe(code, inside[1], inside[2], position))
                inside, start = None, position + 1
            elif inside is None and parens == 0:
                start = position + 1
        elif character == ";" and inside is None and parens <= 0:
            start = position + 1
    return found


def memberInitialiser(head):
    """`Machine::Machine(X x) : member_` before a brace: the brace initialises the member."""
    return re.search(r"\)\s*(?:noexcept\s*)?(?::(?!:)|.*,)[^{}]*\b\w+\s*$", head, re.S) is not None and \
        re.search(r"\)\s*(?:noexcept\s*)?:(?!:)", head) is not None and not re.search(r"\)\s*$", head)


def describe(code, start, brace, end):
    head = code[start:brace]
    first = start + len(head) - len(head.lstrip())
    plain = re.sub(r"^\s*template\s*<.*?>\s*(?=\w)", "", head, flags=re.S)
    name = re.search(r"\b(?:TRACED|SYSCALL_DEFINE)\s*\([^,]*,\s*(\w+)", plain) or re.search(r"\bTRACED_NORETURN\s*\((\w+)", plain) or \
        re.search(r"(\w+)\s*=\s*\[", plain) or re.search(r"([~\w:]+)\s*\(", plain)
    return (name.group(1) if name else head.strip()[:40], code.count("\n", 0, first) + 1, code.count("\n", 0, end) + 1)
