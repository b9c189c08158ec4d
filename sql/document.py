#!/usr/bin/env python3
"""Writes docs/sql.md: every table and column with the comments of the migrations.

usage: document.py FILE… > docs/sql.md   (sql/migrations/*.sql, of its folders, and sql/queries/migrate_table.sql)

A comment above a statement tells what it makes; one behind a column, what the column means.
"""

import pathlib
import re
import sys
from dataclasses import dataclass, field

INTRO = """<!-- Made by sql/document.py from sql/migrations; edit those. -->
# Tables

The projection `postgres` folds the log into these tables, in the schema that `MNEME_PG_SCHEMA` names (`mneme` unless set
otherwise). `mneme migrate` makes them and brings them up to date; `mneme migrate --check` lists what is not applied. They
may be read by anybody and written by the workers alone: whatever else is written there is lost when the projection is
built again from the log.

- Times are UTC with microseconds. `occurred_at` is the publisher's clock; `recorded_at` the log's.
- An id is unique within its tenant and stream.
- A version counts accepted changes, from 1.
- `sequence_id` = `kafka_offset` × 4096 + `kafka_partition`: unique, ascending within a partition, and the same however
  often the tables are built again.

## Verdicts
Every event is in the ledger with what the fold decided about it, from the log before it alone. The first that fits counts:

| verdict | when | `actual_version` |
|---|---|---|
| `duplicate` | the stream has an event with this id | of the stream |
| `rejected` | `expected_version` is not the stream's version | of the stream |
| `exists` | what is to be created is there | of the memory or conversation |
| `not_found` | what is to be changed is not there, or deleted | its last version, 0 if it never was |
| `rejected` | `expected_memory_version` is not the memory's version | of the memory |
| `accepted` | otherwise | |

Only accepted events have effects and move versions. All other verdicts are also in `verdict_exceptions`.
"""


@dataclass
class Table:
    name: str
    doc: str
    columns: list = field(default_factory=list)  # (name, type, whether null is possible, meaning)
    keys: dict = field(default_factory=dict)  # by the name of the index


@dataclass
class Function:
    name: str  # with its arguments
    doc: str


class Unreadable(Exception):
    """A migration says something that this program does not understand."""


def statements(text):
    """(comment above it, statement with its comments) one after the other."""
    for part in re.split(r";[^\S\n]*\n", text):
        lines = part.strip("\n").split("\n")
        comment = []
        while lines and (lines[0].startswith("--") or not lines[0].strip()):
            line = lines.pop(0)
            comment = [] if not line.strip() else [*comment, line.removeprefix("--").strip()]
        if lines:
            yield " ".join(comment), "\n".join(lines)


def split_columns(body):
    """(definition, meaning) for each line of a table's body."""
    for line in body.split("\n"):
        definition, _, meaning = line.partition("--")
        if definition.strip():
            yield definition.strip().rstrip(","), meaning.strip()


def add_column(table, definition, meaning):
    match = re.fullmatch(r"(\w+)\s+(.+?)(?:\s+COLLATE \"C\")?(\s+PRIMARY KEY)?(\s+NOT NULL)?(\s+DEFAULT .+)?", definition)
    if not match:
        raise Unreadable(f"the column {definition!r} of {table.name}")
    name, kind, key, not_null, _ = match.groups()
    table.columns.append((name, kind, not (key or not_null), meaning))
    if key:
        table.keys[f"{table.name}_pkey"] = f"primary key ({name})"


def read_table(doc, statement):
    match = re.fullmatch(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+) \(\n(.*)\n\)(?: WITH \(.*\)| PARTITION BY .*)?;?", statement.strip(), re.S)
    if not match:
        raise Unreadable(statement.split("\n")[0])
    table = Table(match[1], doc)
    for definition, meaning in split_columns(match[2]):
        key = re.fullmatch(r"PRIMARY KEY \((.+)\)", definition)
        like = re.fullmatch(r"LIKE (\w+)", definition)
        if like:
            table.columns.append((f"those of {like[1]}", "", False, ""))
        elif key:
            table.keys[f"{table.name}_pkey"] = f"primary key ({key[1]})"
        else:
            add_column(table, definition, meaning)
    return table


def read_added_columns(tables, statement):
    match = re.fullmatch(r"ALTER TABLE (\w+)\n(.*)", statement.strip(), re.S)
    if not match or match[1] not in tables:
        raise Unreadable(statement.split("\n")[0])
    for definition, meaning in split_columns(match[2]):
        key = re.fullmatch(r"ADD PRIMARY KEY \((.+)\);?", definition)
        if key:
            tables[match[1]].keys[f"{match[1]}_pkey"] = f"primary key ({key[1]})"
        elif definition.startswith("ADD COLUMN "):
            add_column(tables[match[1]], definition.removeprefix("ADD COLUMN ").rstrip(";"), meaning)
        elif not re.fullmatch(r"DROP CONSTRAINT \w+_pkey", definition):
            raise Unreadable(definition)


def read_index(tables, statement):
    match = re.fullmatch(r"CREATE (UNIQUE )?INDEX (\w+)\s+ON (\w+)\s+(.+?)", statement.strip(), re.S)
    if not match:
        raise Unreadable(statement)
    tables[match[3]].keys[match[2]] = ("unique " if match[1] else "index ") + " ".join(match[4].split())


def drop_index(tables, statement):
    name = statement.strip().removeprefix("DROP INDEX ")
    for table in tables.values():
        if table.keys.pop(name, None):
            return
    raise Unreadable(statement)


def read_function(functions, statement, doc):
    """The function, unless it is one that takes the place of another, which is told already: then the comment does."""
    head = re.match(r"CREATE (?:OR REPLACE )?FUNCTION (\w+\(.*?\))(?:\s+RETURNS|\s+LANGUAGE|\s+AS|\s*$)", statement, re.S)[1]
    name = head.partition("(")[0]
    if statement.startswith("CREATE OR REPLACE"):
        functions[name].doc = doc or functions[name].doc
        return None
    functions[name] = Function(" ".join(head.split()), doc)
    return functions[name]


def title_of(text):
    """(heading, what else is said) of the comment at the file's head."""
    head, _, _ = text.partition("\n\n")
    if "CREATE" in head:
        return "Migrations", ""
    said = " ".join(line.removeprefix("--").strip() for line in head.split("\n"))
    first, _, rest = said.partition(". ")
    return first.rstrip("."), rest


def read(paths):
    """{(heading, what else is said): [Table or Function]}, in the order of the files."""
    chapters, tables_of, functions = {}, {}, {}
    for path in paths:
        tables = tables_of.setdefault(path.parent, {})  # projections may use the same names
        text = re.sub(r"(\$\w*\$).*?\1", "", path.read_text(encoding="utf-8"), flags=re.S)  # without functions' bodies
        chapter = chapters.setdefault(title_of(text), [])
        for doc, statement in statements(text):
            if statement.startswith("CREATE TABLE"):
                table = read_table(doc, statement)
                tables[table.name] = table
                chapter.append(table)
            elif re.match(r"CREATE (OR REPLACE )?FUNCTION", statement):
                function = read_function(functions, statement, doc)
                chapter += [function] if function else []
            elif statement.startswith("ALTER TABLE"):
                read_added_columns(tables, statement)
            elif re.match(r"CREATE (UNIQUE )?INDEX", statement):
                read_index(tables, statement)
            elif statement.startswith("DROP INDEX"):
                drop_index(tables, statement)
            elif statement.startswith("CREATE VIEW"):
                tables[statement.split()[2]] = view = Table(statement.split()[2] + " (view)", doc)
                chapter.append(view)
            elif statement.startswith("CREATE OR REPLACE VIEW"):
                tables[statement.split()[4]].doc = doc
            elif not statement.startswith(("CREATE TYPE", "DO ")):
                raise Unreadable(f"{path.name}: {statement.splitlines()[0]}")
    return {title: entries for title, entries in chapters.items() if entries}


def page(chapters):
    out = [INTRO]
    for (title, said), tables in chapters.items():
        out.append(f"## {title}\n{said}\n" if said else f"## {title}\n")
        functions = [item for item in tables if isinstance(item, Function)]
        if functions:
            out.append("| function | what it does |\n|---|---|")
            out += [f"| `{function.name}` | {function.doc} |" for function in functions]
            out.append("")
        for table in tables:
            if isinstance(table, Function):
                continue
            if not table.columns:
                out.append(f"### {table.name}\n{table.doc}\n")
                continue
            out.append(f"### {table.name}\n{table.doc}\n\n| column | type | null | meaning |\n|---|---|---|---|")
            for name, kind, nullable, meaning in table.columns:
                shown = f"`{name}`" if kind else name
                out.append(f"| {shown} | {kind} | {'yes' if nullable else ''} | {meaning} |")
            if table.keys:
                out.append("\n" + "; ".join(key[0].upper() + key[1:] if i == 0 else key for i, key in enumerate(table.keys.values())) + ".")
            out.append("")
    return "\n".join(out)


def main(names):
    if not names:
        sys.stderr.write("usage: document.py FILE…\n")
        return 2
    try:
        sys.stdout.write(page(read([pathlib.Path(name) for name in names])))
    except Unreadable as error:
        sys.stderr.write(f"sql/document.py: the page was not made: cannot read {error}; teach it or write it otherwise\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
