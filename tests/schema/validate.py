#!/usr/bin/python3
"""Validates traces against traces/schema/trace.schema.json, or trace.permissive.schema.json (JSON Schema 2020-12).

usage: validate.py [--full] [--part] [--permissive] TRACE...

Without --full, each distinct shape of event is validated once: same kind, same keys, same types, every string alike in
all patterns of the schema. The schema can tell two events apart by nothing else, so the answer is the same as with
--full, at the speed of reading. --part: the files are not whole traces (no header, footer or numbering is asked for).
"""
import argparse
import json
import pathlib
import re
import sys

import jsonschema

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "traces/schema"


def patterns_of(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "pattern":
                yield value
            else:
                yield from patterns_of(value)
    elif isinstance(node, list):
        for item in node:
            yield from patterns_of(item)


class Shapes:
    """What the schema can see of a value."""

    def __init__(self, schema):
        self.patterns = [re.compile(p).search for p in sorted(set(patterns_of(schema)))]

    def text(self, s):
        return tuple([search(s) is not None for search in self.patterns])

    def of(self, value):
        kind = type(value)
        if kind is str:
            return self.text(value)
        if kind is int:
            return -1 if value < 0 else 1
        if kind is dict:
            return tuple([(k, self.of(v)) for k, v in value.items()])
        if kind is list:
            return frozenset([self.of(v) for v in value])
        return kind

    def event(self, event):
        return event.get("kind"), self.of(event)


def no_duplicates(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key appears twice")
    return result


class Checker:
    def __init__(self, full, permissive=False):
        schema = json.loads((SCHEMAS / ("trace.permissive.schema.json" if permissive else "trace.schema.json")).read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        self.full = full
        self.schema = schema
        self.shapes = Shapes(schema)
        self.kinds = {case["if"]["properties"]["kind"]["const"] for case in schema["allOf"]}
        self.known = set()
        self.validators = {}

    def validator(self, kind):
        """The whole schema only dispatches on `kind`; going straight to the definition is the same, and faster."""
        if kind not in self.kinds:
            return jsonschema.Draft202012Validator(self.schema)
        if kind not in self.validators:
            self.validators[kind] = jsonschema.Draft202012Validator(
                {"$schema": self.schema["$schema"], "$ref": f"#/$defs/{kind}", "$defs": self.schema["$defs"]})
        return self.validators[kind]

    def event(self, event):
        """Messages of what is wrong with one event."""
        if not isinstance(event, dict):
            return ["not an object"]
        if not self.full:
            shape = self.shapes.event(event)
            if shape in self.known:
                return []
            self.known.add(shape)
        kind = event.get("kind")
        errors = self.validator(kind if isinstance(kind, str) else None).iter_errors(event)
        return [f"{e.json_path}: {e.message}" for e in errors]

    def file(self, path, part):
        """(events, messages) of one trace."""
        seq, kind, wrong = 0, None, []
        with open(path, encoding="utf-8", newline="\n") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    event = json.loads(line, object_pairs_hook=no_duplicates)
                except ValueError as error:
                    wrong.append(f"{path}:{number}: {error}")
                    break
                wrong += [f"{path}:{number}: {message}" for message in self.event(event)]
                kind = event.get("kind") if isinstance(event, dict) else None
                if not part and isinstance(event, dict) and event.get("seq") != seq:
                    wrong.append(f"{path}:{number}: seq is {event.get('seq')}, not {seq}")
                if not part and (kind == "header") != (seq == 0):
                    wrong.append(f"{path}:{number}: the first line, and only it, is the header")
                seq += 1
                if len(wrong) > 20:
                    return seq, wrong + [f"{path}: more errors are not shown"]
        if not part and kind != "footer":
            wrong.append(f"{path}: the last line is no footer: the trace was cut")
        return seq, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="validate every event")
    parser.add_argument("--part", action="store_true", help="the files are not whole traces")
    parser.add_argument("--permissive", action="store_true", help="unknown kinds and keys are accepted, as readers do")
    parser.add_argument("traces", nargs="+", metavar="TRACE")
    options = parser.parse_args()
    checker = Checker(options.full, options.permissive)
    failed = False
    for path in options.traces:
        events, wrong = checker.file(path, options.part)
        print("\n".join(wrong) if wrong else f"{path}: {events} events valid")
        failed |= bool(wrong)
    if not options.full:
        print(f"{len(checker.known)} distinct shapes")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
