"""Traces as tests read them."""
import json


def events_of(path, *kinds):
    """The events of a trace file, one after the other; with kinds only those, and no other line is parsed."""
    begins = tuple('{"kind":"%s"' % kind for kind in kinds) or "{"
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith(begins):
                yield json.loads(line)
