"""An event of each type with every field set, made from the newest schema: texts have characters of one to four bytes, and
quotes and line breaks where the field may have them, since those are what codecs get wrong."""

import uuid

from oracle.wire import Decoder, released_schemas, snake

ITEMS = 3
TIME = "2026-01-02T02:54:05.678901Z"
JSON = [1, {"deep": [True, "x"]}, 12345678901234567890]
NESTED = {"record", "map", "array"}


def text(field, index=None):
    """A text within the field's limits; `index` makes one item of many."""
    values, kind = field.get("mneme.values"), field.get("mneme.format")
    if values:
        return values[0]
    if kind == "uuid":
        return str(uuid.UUID(int=0x0190A5F0_7C3E_7CC0_8F3A_5B6D1C2E3F40 + (index or 0)))
    value = f"{field['name']} of \"é\\日😀\"" if index is None else f"{field['name']} {index} é"
    if index is None and "mneme.max_bytes" not in field:
        value += "\n\tnext line"
    least = field.get("mneme.min_bytes", 0)
    return value if len(value.encode()) >= least else "0123456789abcdef" * (least // 16) + "0" * (least % 16)


def number(field):
    low = field.get("mneme.min", -1000)
    return low + (field.get("mneme.max", low + 100_000) - low) * 0.75


def string_value(field):
    kind = field.get("mneme.format")
    return {"content": {"text": 'Ça, "ja": 日本 😀\n', "n": [1, 2.5, {"a": None}]}, "json": JSON,
            "json_object": {"a": 1, "b": {"c": [0.1]}}}.get(kind) or text(field)


def value(field):
    """What the JSON input of the field says."""
    kind = field["type"][-1] if isinstance(field["type"], list) else field["type"]
    if isinstance(kind, dict):
        logical = kind.get("logicalType")
        if kind["type"] in NESTED:
            items = kind.get("items") or kind.get("values")
            many = [{"string": text(field, i), "long": 75_000 + i, "double": (0.1, 1e-300, -2.5)[i]}[items]
                    for i in range(ITEMS)]
            return dict(zip((f"{field['name']} key {i} é" for i in range(ITEMS)), many)) if kind["type"] == "map" else many
        if logical == "vector":
            return [0.5, -2.5, 2.0**-100]
        return {"uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, field["name"])), "timestamp-micros": TIME}[logical]
    return {"string": lambda: string_value(field), "int": lambda: int(number(field)), "long": lambda: int(number(field)),
            "double": lambda: number(field), "boolean": lambda: "mneme.excludes" not in field}[kind]()


def sample_lines():
    """One object for `mneme publish` of each type, in the schema's order."""
    newest = released_schemas()[-1]
    envelope = {field["name"]: value(field) for field in newest["fields"] if field["name"] not in ("scope", "payload")}
    scope = {field["name"]: value(field) for field in Decoder.field(newest, "scope")["type"]["fields"]}
    envelope |= scope | {"tenant": "acme"}
    return [{"type": snake(branch["name"]), **envelope,
             "payload": {field["name"]: value(field) for field in branch["fields"]}}
            for branch in Decoder.field(newest, "payload")["type"]]
