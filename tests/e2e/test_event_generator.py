"""A schema that the program could not hold is refused when it is built, with the field's name."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NEWEST = max((ROOT / "schemas" / "avsc").glob("mneme.event.v*.avsc"), key=lambda path: int(path.stem.rpartition("v")[2]))


def generate(folder, schema):
    path = folder / NEWEST.name
    path.write_text(json.dumps(schema), encoding="utf-8")
    return subprocess.run(
        [sys.executable, ROOT / "schemas" / "generate.py", folder / "out", path],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True, timeout=30, check=False,
    )


def first_payload(schema):
    return schema["fields"][-1]["type"][0]["fields"]


def add(schema, **field):
    first_payload(schema).append({"name": "extra", "doc": "More.", "type": "string"} | field)


MISTAKES = {
    "payload is not last": (lambda schema: schema["fields"].reverse(), "must be its payload"),
    "no doc": (lambda schema: add(schema, doc=""), "MemoryCreated.extra: doc is missing"),
    "a word of C": (lambda schema: add(schema, name="int"), "MemoryCreated.int: the name"),
    "no snake_case": (lambda schema: add(schema, name="newField"), "MemoryCreated.newField: the name"),
    "a typing mistake": (lambda schema: add(schema, **{"mneme.max_char": 1}), "unknown attribute mneme.max_char"),
    "an unknown format": (lambda schema: add(schema, **{"mneme.format": "xml"}), "unknown mneme.format xml"),
    "null last": (lambda schema: add(schema, type=["string", "null"]), "the only union"),
    "nullable without default": (lambda schema: add(schema, type=["null", "string"]), "needs the default null"),
    "a type without struct": (lambda schema: add(schema, type="bytes"), 'no C type for "bytes"'),
    "a default with items": (lambda schema: add(schema, type={"type": "array", "items": "string"}, default=["x"]),
                             "must be empty"),
    "a companion that is not there": (lambda schema: add(schema, **{"mneme.same_count_as": "none"}),
                                      "names no field before it"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_schema_that_cannot_be_held_is_refused(tmp_path, name):
    change, says = MISTAKES[name]
    schema = json.loads(NEWEST.read_text(encoding="utf-8"))
    change(schema)
    done = generate(tmp_path, schema)
    assert done.returncode == 1
    assert says in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_good_schema_becomes_a_header_and_tables(tmp_path):
    done = generate(tmp_path, json.loads(NEWEST.read_text(encoding="utf-8")))
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["event_types.c", "event_types.h"]
