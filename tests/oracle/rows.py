"""What the tables' subjects share: rows are made, changed and put into the history in the same way everywhere."""

import json
from decimal import Decimal

EXACT = json.JSONDecoder(parse_float=Decimal)


def loads(text):
    """JSON with exact numbers."""
    return EXACT.decode(text)


def json_of(text):
    return None if text is None else loads(text)


class Rows:
    """The part of a Fold that does this. A table is an attribute: a dictionary of its rows by their keys."""

    def supersede(self, table, key, event, extra_key=None):
        """The version that is there goes into the history."""
        row = getattr(self, table)[key]
        history_key = (*key, row["version"] if extra_key is None else extra_key)
        getattr(self, table + "_history")[history_key] = {
            **row, "superseded_sequence": event["made"]["source_sequence"], "valid_to": event["made"]["valid_from"]}

    def touch(self, table, key, event):
        """Begins the next version of a row; gives the row."""
        if hasattr(self, table + "_history"):
            self.supersede(table, key, event)
        row = getattr(self, table)[key]
        row["version"] += 1
        row["updated_at"] = event["occurred_at"]
        row.update(event["made"])
        return row

    def put(self, table, key, event, fixed, fields):
        """Makes the row of `fixed` and `fields`, or its next version, in which fields of None stay as they were."""
        rows = getattr(self, table)
        if key not in rows:
            rows[key] = {**fixed, **fields, "created_at": event["occurred_at"], "updated_at": event["occurred_at"],
                         "version": 1, **event["made"]}
        else:
            self.touch(table, key, event).update(
                {name: value for name, value in fields.items() if value is not None})

    def new_row(self, table, id_field, place, event, values):
        getattr(self, table)[(event["payload"][id_field], *place)] = {
            **values, "created_at": event["occurred_at"], "version": 1, **event["made"]}

    def judge_new(self, table, id_field, place, payload):
        row = getattr(self, table).get((payload[id_field], *place))
        return ("accepted", None) if row is None else ("exists", row["version"])
