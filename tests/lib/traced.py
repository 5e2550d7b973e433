"""A trace to read, in a folder of its own."""
import os
import tempfile

from cases import check
from world import execscope


class Traced:
    """A folder with the trace of the demo's hello."""

    def __init__(self, *arguments):
        self.arguments = arguments

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "hello.jsonl")
        result = execscope(*(self.arguments[:1] or ("demo",)), "-o", self.path, *self.arguments[1:])
        check(os.path.exists(self.path), result)
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def export(self, format, name="out"):
        path = os.path.join(self.folder.name, name)
        result = execscope("export", "--format", format, "-o", path, self.path)
        check((result.status, result.stdout, result.stderr) == (0, b"", b""), format, result)
        return path
