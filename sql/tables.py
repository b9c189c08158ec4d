#!/usr/bin/env python3
"""Makes C of the tables that the fold keeps rows in: tables.py OUTDIR MIGRATION…

A table is the fold's if it says which event made a row's version: it has source_event_id, source_sequence and valid_from,
and no superseded_sequence. Its columns, their kinds and its primary key are those that all migrations leave behind. tables.h
numbers the tables; tables.c describes them, and names for each the constant that says what the fold does with it.
"""

import pathlib
import sys

from read_migrations import Unreadable, read_file

KINDS = {
    "text": "TEXT",
    "jsonb": "JSONB",
    "bigint": "LONG",
    "integer": "INT",
    "double precision": "DOUBLE",
    "boolean": "BOOL",
    "uuid": "UUID",
    "timestamptz": "TIME",
    "text[]": "TEXT_ARRAY",
    "bytea": "BYTES",
}
MADE_BY = ("source_event_id", "source_sequence", "valid_from")
ENDED_BY = ("superseded_sequence", "valid_to")

HEADER = """/* Made from sql/migrations by sql/tables.py: the tables that the fold keeps rows in. */
#ifndef MNEME_SQL_TABLES_H
#define MNEME_SQL_TABLES_H

enum mneme_fold_table_id {
%s    MNEME_FOLD_TABLE_COUNT,
};

/* What the fold does with each. A file of consumers/postgres/subjects defines it. */
%s
#endif
"""


class Unfit(Exception):
    """A table that the fold cannot write."""


def is_folded(table):
    names = {column.name for column in table.columns()}
    return names.issuperset(MADE_BY) and names.isdisjoint(ENDED_BY)


def check(table, history):
    columns = list(table.columns())
    names = [column.name for column in columns]
    for column in columns:
        if column.kind not in KINDS:
            raise Unfit(f"the column {column.name} of {table.name} has the type {column.kind}, which the fold does not write; "
                        f"use one of {', '.join(KINDS)}")
    for name in ("tenant", "stream_id"):
        if name not in table.key:
            raise Unfit(f"the primary key of {table.name} lacks {name}; ids are unique within their tenant and stream")
    for name in table.key:
        if name not in names:
            raise Unfit(f"the primary key of {table.name} names {name}, which is not a column of it")
    if history is None:
        return
    kept = {column.name: (column.kind, column.is_nullable) for column in history.columns()}
    for column in columns:
        if kept.get(column.name) != (column.kind, column.is_nullable):
            wanted = f"{column.name} {column.kind}{'' if column.is_nullable else ' NOT NULL'}"
            raise Unfit(f"{history.name} has no column like {table.name}.{wanted}; change both tables in one migration")
    lacking = [name for name in ENDED_BY if name not in kept]
    extra = [name for name in kept if name not in names and name not in ENDED_BY]
    if lacking or extra:
        raise Unfit(f"{history.name} must have the columns of {table.name}, and {' and '.join(ENDED_BY)}; "
                    + (f"it lacks {', '.join(lacking)}" if lacking else f"it has {', '.join(extra)} beside"))


def history_of(tables, table):
    """The table for the versions before; another table may end in _history too, and is a history of nothing."""
    history = tables.get(table.name + "_history")
    return None if history is None or is_folded(history) else history


def source_text(tables, folded):
    out = ["/* Made from sql/migrations by sql/tables.py. */\n#include <assert.h>\n\n#include \"consumers/postgres/fold/tables.h\"\n"]
    rows = []
    for table in folded:
        columns = list(table.columns())
        names = [column.name for column in columns]
        out.append(f"static const struct mneme_column {table.name}_columns[] = {{")
        out += [f'    {{"{column.name}", MNEME_COLUMN_{KINDS[column.kind]}, .is_nullable = {str(column.is_nullable).lower()}}},'
                for column in columns]
        out.append("};")
        out.append(f'static_assert({len(columns)} < MNEME_FOLD_MAX_COLUMNS, "{table.name} has more columns than a change holds");')
        out.append(f"static const int {table.name}_key[] = {{{', '.join(str(names.index(name)) for name in table.key)}}};\n")
        rows.append(
            f"    [MNEME_FOLD_TABLE_{table.name.upper()}] =\n"
            f'    {{.name = "{table.name}", .columns = {table.name}_columns, .column_count = {len(columns)},\n'
            f"     .key = {table.name}_key, .key_count = {len(table.key)}, "
            f".has_history = {str(history_of(tables, table) is not None).lower()}}},\n")
    out.append("const struct mneme_fold_shape mneme_fold_shapes[MNEME_FOLD_TABLE_COUNT] = {\n" + "".join(rows) + "};\n")
    out.append("const struct mneme_fold_table *const mneme_fold_tables[MNEME_FOLD_TABLE_COUNT] = {\n" + "".join(
        f"    [MNEME_FOLD_TABLE_{table.name.upper()}] = &mneme_fold_table_{table.name},\n" for table in folded) + "};\n")
    return "\n".join(out)


def header_text(folded):
    return HEADER % (
        "".join(f"    MNEME_FOLD_TABLE_{table.name.upper()},\n" for table in folded),
        "".join(f"extern const struct mneme_fold_table mneme_fold_table_{table.name};\n" for table in folded))


def read(paths):
    tables, functions = {}, {}
    for path in sorted(paths, key=lambda path: path.name):
        read_file(path, tables, functions)
    return tables


def main(arguments):
    if len(arguments) < 2:
        sys.stderr.write("usage: tables.py OUTDIR MIGRATION…\n")
        return 2
    try:
        tables = read([pathlib.Path(name) for name in arguments[1:]])
        folded = [table for table in tables.values() if is_folded(table)]
        for table in folded:
            check(table, history_of(tables, table))
    except Unreadable as error:
        sys.stderr.write(f"sql/tables.py: the tables were not made: it cannot read {error}; teach it in "
                         "sql/read_migrations.py or write the statement otherwise\n")
        return 1
    except (Unfit, OSError) as error:
        sys.stderr.write(f"sql/tables.py: the tables were not made: {error}\n")
        return 1
    out = pathlib.Path(arguments[0])
    out.mkdir(parents=True, exist_ok=True)
    (out / "tables.h").write_text(header_text(folded), encoding="utf-8")
    (out / "tables.c").write_text(source_text(tables, folded), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
