#!/usr/bin/env python3
"""Turns the newest released schema into C: typed structs, the enum of event types and the descriptor tables.

usage: generate.py OUTDIR AVSC…   (files named mneme.event.vN.avsc; writes OUTDIR/event_types.h and .c)

Everything that knows a field of an event by name follows from these tables, so that a new type is a record in
the schema and nothing else. What the tables cannot express is refused here, at build time.
"""

import json
import pathlib
import re
import sys
import uuid
from dataclasses import dataclass, field

# Avro type (with logical type) -> kind, and the C types of a plain and of a nullable field.
KINDS = {
    "string": ("STRING", "struct mneme_str", "struct mneme_str"),
    "string:uuid": ("UUID", "struct mneme_uuid", "struct mneme_opt_uuid"),
    "int": ("INT", "int64_t", "struct mneme_opt_long"),
    "long": ("LONG", "int64_t", "struct mneme_opt_long"),
    "long:timestamp-micros": ("TIME", "int64_t", "struct mneme_opt_long"),
    "double": ("DOUBLE", "double", "struct mneme_opt_double"),
    "boolean": ("BOOL", "bool", "struct mneme_opt_bool"),
    "bytes:vector": ("VECTOR", "struct mneme_str", "struct mneme_str"),
    "array:string": ("STRING_ARRAY", "struct mneme_str_array", "struct mneme_str_array"),
    "array:long": ("LONG_ARRAY", "struct mneme_long_array", "struct mneme_long_array"),
    "array:double": ("DOUBLE_ARRAY", "struct mneme_double_array", "struct mneme_double_array"),
    "map:string": ("STRING_MAP", "struct mneme_str_map", None),
}
FORMATS = {"text": "TEXT", "text_or_object": "TEXT_OR_OBJECT", "content": "CONTENT", "json": "JSON",
           "json_object": "JSON_OBJECT", "uuid": "UUID", "segment": "SEGMENT"}
MAX_FIELDS = 48  # of one object of JSON input; schemas/event_from_json.c keeps them on the stack
ABSENT = {"uuid": "UUID", "scope": "SCOPE"}
LIMITS = set(
    "absent default excludes format item_max_bytes max max_bytes max_chars max_items min min_bytes same_count_as values".split()
)
RESERVED = set(
    "auto bool break case char class const continue default delete do double else enum export extern false "
    "float for goto if inline int long namespace new operator private public register restrict return short "
    "signed sizeof static struct switch template this true typedef union unsigned using void volatile "
    "while".split()
)


class SchemaError(Exception):
    """The schema holds something that events cannot have."""


@dataclass
class Field:
    name: str
    doc: str
    type_key: str  # a key of KINDS, or "record"
    nullable: bool
    limits: dict
    has_default: bool = False
    default: object = None
    record: "Record | None" = None

    @property
    def kind(self):
        return "RECORD" if self.record else KINDS[self.type_key][0]

    @property
    def c_type(self):
        if self.record:
            return f"struct {self.record.c_name}"
        return KINDS[self.type_key][2 if self.nullable else 1]


@dataclass
class Record:
    name: str
    doc: str
    fields: list = field(default_factory=list)

    @property
    def snake(self):
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.name).lower()

    @property
    def c_name(self):
        return "mneme_" + self.snake


@dataclass
class Schema:
    version: int
    text: str
    id_namespace: uuid.UUID
    envelope: Record
    payloads: list

    @property
    def scope(self):
        return next(f.record for f in self.envelope.fields if f.record)


def type_key(avro):
    """The key of KINDS for an Avro type that is neither a union nor a record."""
    if isinstance(avro, str):
        return avro
    if avro["type"] == "array":
        return "array:" + type_key(avro["items"])
    if avro["type"] == "map":
        return "map:" + type_key(avro["values"])
    logical = avro.get("logicalType")
    return avro["type"] + (":" + logical if logical else "")


def read_field(owner, avro):
    name, avro_type = avro["name"], avro["type"]
    where = f"{owner}.{name}"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in RESERVED:
        raise SchemaError(f"{where}: the name must be snake_case and no word of C or C++")
    if not avro.get("doc"):
        raise SchemaError(f"{where}: doc is missing")
    limits = {key.removeprefix("mneme."): value for key, value in avro.items() if key.startswith("mneme.")}
    if set(limits) - LIMITS:
        raise SchemaError(f"{where}: unknown attribute mneme.{sorted(set(limits) - LIMITS)[0]}")
    if limits.get("format", "text") not in FORMATS:
        raise SchemaError(f"{where}: unknown mneme.format {limits['format']}")
    if limits.get("absent", "uuid") not in ABSENT:
        raise SchemaError(f"{where}: unknown mneme.absent {limits['absent']}")
    nullable = isinstance(avro_type, list)
    if nullable:
        if len(avro_type) != 2 or avro_type[0] != "null":
            raise SchemaError(f"{where}: the only union of a field is [\"null\", type]")
        if "default" not in avro or avro["default"] is not None:
            raise SchemaError(f"{where}: a nullable field needs the default null")
        avro_type = avro_type[1]
    result = Field(name, avro["doc"], "record", nullable, limits, "default" in avro, avro.get("default"))
    if isinstance(avro_type, dict) and avro_type["type"] == "record":
        if nullable or result.has_default:
            raise SchemaError(f"{where}: a nested record is neither nullable nor has it a default")
        result.record = read_record(avro_type)
        return result
    result.type_key = type_key(avro_type)
    if "default" in limits and not (nullable and isinstance(limits["default"], (str, int, float))):
        raise SchemaError(f"{where}: mneme.default is of a nullable text, number or boolean")
    if result.type_key not in KINDS or (nullable and KINDS[result.type_key][2] is None):
        raise SchemaError(f"{where}: no C type for {json.dumps(avro['type'])}")
    if result.type_key[:3] in ("arr", "map") and result.default:
        raise SchemaError(f"{where}: the default of an array or map must be empty")
    return result


def read_record(avro):
    if not avro.get("doc"):
        raise SchemaError(f"{avro['name']}: doc is missing")
    if len(avro["fields"]) > MAX_FIELDS:
        raise SchemaError(f"{avro['name']}: more than {MAX_FIELDS} fields")
    return Record(avro["name"], avro["doc"], [read_field(avro["name"], item) for item in avro["fields"]])


def read_schema(path):
    match = re.fullmatch(r"mneme\.event\.v(\d+)\.avsc", pathlib.Path(path).name)
    if not match:
        raise SchemaError(f"{path}: the file must be named mneme.event.vN.avsc")
    text = pathlib.Path(path).read_text(encoding="utf-8")
    avro = json.loads(text)
    payload = avro["fields"][-1]
    if payload["name"] != "payload":
        raise SchemaError(f"{path}: the last field of the event must be its payload")
    envelope = read_record({**avro, "fields": avro["fields"][:-1]})
    payloads = [read_record(branch) for branch in payload["type"]]
    if avro.get("mneme.version", 1) != int(match[1]):
        raise SchemaError(f"{path}: mneme.version must be {match[1]}, as the file is named")
    return Schema(int(match[1]), text, uuid.UUID(avro["mneme.id_namespace"]), envelope, payloads)


def read_schemas(paths):
    """All released versions, oldest first."""
    schemas = sorted((read_schema(path) for path in paths), key=lambda schema: schema.version)
    if len({schema.id_namespace for schema in schemas}) != 1:
        raise SchemaError("mneme.id_namespace must be the same in every version")
    return schemas


def comment(text, indent=""):
    return f"{indent}/* {text.replace('*/', '* /')} */\n"


def c_string(text):
    """A C literal; json's escapes are C's, but for \\u, which ensure_ascii=False avoids."""
    return json.dumps(text, ensure_ascii=False).replace("??", "?\\?")


def struct_text(record):
    members = "".join(comment(f.doc, "    ") + f"    {f.c_type} {f.name};\n" for f in record.fields)
    return comment(record.doc) + f"struct {record.c_name} {{\n{members}}};\n\n"


def header_text(schema):
    enum = "".join(comment(r.doc, "    ") + f"    MNEME_EVENT_{r.snake.upper()},\n" for r in schema.payloads)
    union = "".join(f"        struct {r.c_name} {r.snake};\n" for r in schema.payloads)
    envelope = "".join(comment(f.doc, "    ") + f"    {f.c_type} {f.name};\n" for f in schema.envelope.fields)
    return (
        "/*\n * The event types, made from schemas/avsc/mneme.event.v"
        f"{schema.version}.avsc by schemas/generate.py; edit that.\n */\n"
        "#ifndef MNEME_EVENT_TYPES_H\n#define MNEME_EVENT_TYPES_H\n\n"
        '#include "common/base/types.h"\n\n'
        f"/* In the order of the schema's payload union. */\nenum mneme_event_type {{\n{enum}}};\n\n"
        f"#define MNEME_EVENT_TYPE_COUNT {len(schema.payloads)}\n"
        f"#define MNEME_EVENT_SCHEMA_VERSION {schema.version}\n\n"
        + struct_text(schema.scope)
        + "".join(struct_text(r) for r in schema.payloads)
        + comment(schema.envelope.doc)
        + f"struct mneme_event {{\n{envelope}"
        + comment("By which version of the schema it was written: the rules of its effects go by it. It is not a field.", "    ")
        + "    int schema_version;\n"
        + comment("Which member of payload is valid.", "    ")
        + f"    enum mneme_event_type type;\n    union {{\n{union}    }} payload;\n}};\n\n"
        "#endif\n"
    )


def number(value):
    return repr(float(value))


def string_slice(text):
    return "{NULL, 0}" if text is None else f"{{{c_string(text)}, sizeof({c_string(text)}) - 1}}"


def companion(record, item, limit):
    """The row of the field before this one that a limit of it names."""
    if limit not in item.limits:
        return "NULL"
    names = [f.name for f in record.fields]
    if item.limits[limit] not in names[: names.index(item.name)]:
        raise SchemaError(f"{record.name}.{item.name}: mneme.{limit} names no field before it")
    return f"&{record.snake}_fields[{names.index(item.limits[limit])}]"


def split_value(value):
    """As a text and a number, one of which says nothing."""
    return (value, 0) if isinstance(value, str) else (None, value if isinstance(value, (int, float)) else 0)


def field_initialiser(record, item, struct):
    limits = item.limits
    default_text, default_number = split_value(item.default)
    initial_text, initial_number = split_value(limits.get("default"))
    parts = {
        "name": c_string(item.name),
        "doc": c_string(item.doc),
        "kind": f"MNEME_FIELD_{item.kind}",
        "format": f"MNEME_FORMAT_{FORMATS[limits['format']] if 'format' in limits else 'NONE'}",
        "is_nullable": "true" if item.nullable else "false",
        "has_default": "true" if item.has_default else "false",
        "offset": f"offsetof({struct}, {item.name})",
        "record": f"&{item.record.snake}_info" if item.record else "NULL",
        "values": f"{record.snake}_{item.name}_values" if "values" in limits else "NULL",
        "minimum": number(limits["min"]) if "min" in limits else "-INFINITY",
        "maximum": number(limits["max"]) if "max" in limits else "INFINITY",
        "min_bytes": str(limits.get("min_bytes", 0)),
        "max_bytes": str(limits.get("max_bytes", "SIZE_MAX")),
        "max_chars": str(limits.get("max_chars", "SIZE_MAX")),
        "max_items": str(limits.get("max_items", "SIZE_MAX")),
        "item_max_bytes": str(limits.get("item_max_bytes", "SIZE_MAX")),
        "same_count_as": companion(record, item, "same_count_as"),
        "excludes": companion(record, item, "excludes"),
        "absent": f"MNEME_ABSENT_{ABSENT[limits['absent']] if 'absent' in limits else 'REFUSED'}",
        "default_text": string_slice(default_text),
        "default_number": number(default_number),
        "has_initial": "true" if "default" in limits else "false",
        "initial_text": string_slice(initial_text),
        "initial_number": number(initial_number),
    }
    return "    {" + ",\n     ".join(f".{key} = {value}" for key, value in parts.items()) + "},\n"


def fields_text(record, struct):
    values = "".join(
        f"static const char *const {record.snake}_{f.name}_values[] = "
        f"{{{', '.join(map(c_string, f.limits['values']))}, NULL}};\n"
        for f in record.fields
        if "values" in f.limits
    )
    rows = "".join(field_initialiser(record, f, struct) for f in record.fields)
    return f"{values}static const struct mneme_field_info {record.snake}_fields[] = {{\n{rows}}};\n\n"


def info_text(record, struct, event_type):
    return (
        f"{{.name = {c_string(record.name)}, .event_type = {c_string(event_type) if event_type else 'NULL'}, "
        f".doc = {c_string(record.doc)},\n .size = sizeof({struct}), .fields = {record.snake}_fields, "
        f".field_count = {len(record.fields)}}}"
    )


def source_text(schemas):
    newest = schemas[-1]
    scope_struct = f"struct {newest.scope.c_name}"
    payload_rows = "".join(
        f"    [MNEME_EVENT_{r.snake.upper()}] =\n    {info_text(r, 'struct ' + r.c_name, r.snake)},\n"
        for r in newest.payloads
    )
    names = {s.version: f"schema_v{s.version}" for s in schemas} | {newest.version: "mneme_event_schema_json"}
    texts = "".join(
        f"{'' if s is newest else 'static '}const char {names[s.version]}[] =\n"
        + "".join(f"    {c_string(line)}\n" for line in s.text.splitlines(keepends=True))
        + "    ;\n\n"
        for s in schemas
    )
    released = "".join(f"    {{{s.version}, {names[s.version]}}},\n" for s in schemas)
    return (
        "/*\n * The tables of the event types, made by schemas/generate.py from the released schemas.\n */\n"
        '#include <math.h>\n\n#include "schemas/event.h"\n\n'
        + fields_text(newest.scope, scope_struct)
        + f"static const struct mneme_record_info {newest.scope.snake}_info =\n"
        + f"    {info_text(newest.scope, scope_struct, None)};\n\n"
        + fields_text(newest.envelope, "struct mneme_event")
        + f"const struct mneme_record_info mneme_envelope_info =\n"
        + f"    {info_text(newest.envelope, 'struct mneme_event', None)};\n\n"
        + "".join(fields_text(r, "struct " + r.c_name) for r in newest.payloads)
        + "const struct mneme_record_info mneme_payload_info[MNEME_EVENT_TYPE_COUNT] = {\n"
        + f"{payload_rows}}};\n\n"
        + "const struct mneme_uuid mneme_event_namespace = {{"
        + ", ".join(f"0x{byte:02x}" for byte in newest.id_namespace.bytes)
        + "}};\n\n"
        + texts
        + f"const struct mneme_released_schema mneme_released_schemas[] = {{\n{released}}};\n"
        + f"const size_t mneme_released_schema_count = {len(schemas)};\n"
    )


def main(arguments):
    if len(arguments) < 2:
        sys.stderr.write("usage: generate.py OUTDIR AVSC…\n")
        return 2
    try:
        schemas = read_schemas(arguments[1:])
        header, source = header_text(schemas[-1]), source_text(schemas)
    except (SchemaError, KeyError, OSError, ValueError) as error:
        sys.stderr.write(f"generate.py: the event schema cannot be used: {error}\n")
        return 1
    out = pathlib.Path(arguments[0])
    out.mkdir(parents=True, exist_ok=True)
    (out / "event_types.h").write_text(header, encoding="utf-8")
    (out / "event_types.c").write_text(source, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
