#!/usr/bin/env python3
"""Writes docs/sql.md: every table and column with the comments of the migrations.

usage: document.py FILE… > docs/sql.md   (sql/migrations/*.sql, of its folders, and sql/queries/migrate_table.sql)
"""

import pathlib
import sys

from read_migrations import Function, Like, Unreadable, read_file

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


def read(paths):
    """{(heading, what else is said): [Table or Function]}, in the order of the files, of what is there in the end."""
    chapters, tables_of, functions = {}, {}, {}
    for path in paths:
        title, made = read_file(path, tables_of.setdefault(path.parent, {}), functions)  # projections may use the same names
        chapters.setdefault(title, []).extend(made)
    kept = [id(table) for tables in tables_of.values() for table in tables.values()]
    chapters = {title: [item for item in items if isinstance(item, Function) or id(item) in kept]
                for title, items in chapters.items()}
    return {title: items for title, items in chapters.items() if items}


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
            if not table.parts:
                out.append(f"### {table.name}\n{table.doc}\n")
                continue
            out.append(f"### {table.name}\n{table.doc}\n\n| column | type | null | meaning |\n|---|---|---|---|")
            for part in table.parts:
                if isinstance(part, Like):
                    out.append(f"| those of {part.table} |  |  |  |")
                else:
                    out.append(f"| `{part.name}` | {part.kind} | {'yes' if part.is_nullable else ''} | {part.meaning} |")
            if table.indexes:
                out.append("\n" + "; ".join(what[0].upper() + what[1:] if i == 0 else what
                                            for i, what in enumerate(table.indexes.values())) + ".")
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
