"""The limits that the schema itself names, read from its attributes: an event beyond them is parked."""

import json
import math
import re
import struct

from oracle.wire import as_uuid, logical_type

MAX_DEPTH = 64
FIRST_MICROS = -62135596800 * 1_000_000
LAST_MICROS = 253402300800 * 1_000_000 - 1
CONTROL = re.compile("[\x00-\x1f\x7f]")
BLANK = set(" \t\n\v\f\r\u00a0\u3000\ufeff") | {chr(code) for code in range(0x2000, 0x200C)}


class Refused(Exception):
    """A field is not what the schema allows."""


def depth(value):
    """How deep arrays and objects are nested."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


def refuse_constant(constant):
    raise ValueError(constant)


STRICT = json.JSONDecoder(parse_constant=refuse_constant)


def strict_json(text):
    """The JSON value in a text as a store can keep it."""
    try:
        value = STRICT.decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # fails for a lone surrogate
    except (ValueError, RecursionError) as error:
        raise Refused("no JSON") from error
    if "\\u0000" in text and "\\u0000" in json.dumps(value):
        raise Refused("NUL in JSON")
    if any(map(math.isinf, numbers(value))):
        raise Refused("a number beyond a double")
    if depth(value) > MAX_DEPTH:
        raise Refused("JSON too deep")
    return value


def numbers(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, float):
        yield value


def check_text(text, limit):
    if not 1 <= len(text) <= limit:
        raise Refused(f"{len(text)} characters")
    if text[0] in BLANK and all(character in BLANK for character in text):
        raise Refused("blank")


def check_content(raw, limit):
    """The text has the limit for itself; so has all that is beside it."""
    value = strict_json(raw)
    if not isinstance(value, dict) or not value:
        raise Refused("no JSON object with members")
    text = value.get("text")
    if isinstance(text, str):
        check_text(text, limit)
        raw = json.dumps({**value, "text": 0}, ensure_ascii=False, separators=(",", ":"))
    if len(raw) > limit:
        raise Refused(f"{len(raw)} characters")


def check_format(name, text, limit):
    if name in ("text", "text_or_object"):
        check_text(text, limit)
    elif name == "content":
        check_content(text, limit)
    elif name == "json":
        strict_json(text)
    elif name == "segment":
        if "/" in text:
            raise Refused("a slash")
    elif name == "json_object":
        if not isinstance(strict_json(text), dict):
            raise Refused("no JSON object")


def check_name(text, max_bytes):
    """What goes into keys, logs and lists is one line."""
    if len(text.encode()) > max_bytes:
        raise Refused(f"{len(text.encode())} bytes")
    if CONTROL.search(text):
        raise Refused("a control character")


def check_string(field, text, content_max_chars):
    if "\0" in text:
        raise Refused("NUL")
    if len(text.encode()) < field.get("mneme.min_bytes", 0):
        raise Refused("too short")
    if "mneme.max_bytes" in field:
        check_name(text, field["mneme.max_bytes"])
    if len(text) > field.get("mneme.max_chars", len(text)):
        raise Refused(f"{len(text)} characters")
    if "mneme.values" in field and text not in field["mneme.values"]:
        raise Refused("not one of the values")
    if "mneme.format" in field:
        check_format(field["mneme.format"], text, content_max_chars)


def check_items(field, values, record):
    """Arrays and maps."""
    if len(values) > field.get("mneme.max_items", len(values)):
        raise Refused(f"{len(values)} items")
    if "mneme.same_count_as" in field and len(values) != len(record[field["mneme.same_count_as"]]):
        raise Refused("not as many items")
    longest = field.get("mneme.item_max_bytes", math.inf)
    for item in values:
        if isinstance(item, str):
            if not item:
                raise Refused("an empty item")
            check_name(item, longest)
            if field.get("mneme.format") == "uuid" and as_uuid(item) is None:
                raise Refused("an item that is not a UUID")
        else:
            check_number({}, item)
    if isinstance(values, dict) and any("\0" in text or len(text.encode()) > longest for text in values.values()):
        raise Refused("a value")


def check_vector(field, value):
    """Little-endian single-precision numbers."""
    if not value or len(value) % 4:
        raise Refused(f"{len(value)} bytes")
    if len(value) // 4 > field["mneme.max_items"]:
        raise Refused(f"{len(value) // 4} numbers")
    for (number,) in struct.iter_unpack("<f", value):
        check_number({}, number)


def check_time(micros):
    if not FIRST_MICROS <= micros <= LAST_MICROS:
        raise Refused("a time outside the years 1 to 9999")


def check_number(field, number):
    if math.isnan(number) or math.isinf(number):
        raise Refused("no number")
    if number < field.get("mneme.min", number) or number > field.get("mneme.max", number):
        raise Refused(f"{number} is out of range")


def json_object(text):
    """What a text that is a JSON object says, else None."""
    try:
        value = strict_json(text) if text.startswith("{") else None
    except Refused:
        return None
    return value if isinstance(value, dict) else None


def check_record(record, values, content_max_chars):
    for field in record["fields"]:
        value = values[field["name"]]
        if value is True and values.get(field.get("mneme.excludes")) is not None:
            raise Refused(f"{field['name']} beside {field['mneme.excludes']}")
        if isinstance(field["type"], dict) and field["type"]["type"] == "record":
            check_record(field["type"], value, content_max_chars)
        elif field["name"] == "payload" or value is None or isinstance(value, bool):
            continue
        elif isinstance(value, bytes):
            check_vector(field, value)
        elif isinstance(value, str):
            check_string(field, value, content_max_chars)
        elif isinstance(value, (list, dict)):
            check_items(field, value, values)
        elif logical_type(field) == "timestamp-micros":
            check_time(value)
        else:
            check_number(field, value)


def check_event(decoder, event, content_max_chars=100000):
    """Refused when some field is beyond its limit."""
    try:
        check_record(decoder.newest, event, content_max_chars)
        check_record(decoder.payloads[event["type"]], event["payload"], content_max_chars)
    except Refused as refused:
        raise Refused(f"{event['type']}: {refused}") from refused
    if event["type"] == "ConversationTurn" and event["payload"]["agent_response"] is not None and event["payload"]["role"] != "user":
        raise Refused("an answer to nothing")
    if "/" in event["tenant"]:
        raise Refused("tenant with a slash")
