"""Reads migrations: the tables, columns, keys and functions that they leave behind, with the comments that explain them.

A comment above a statement tells what it makes; one behind a column, what the column means. A column stands on a line of
its own.
"""

import re
from dataclasses import dataclass, field, replace


@dataclass
class Column:
    name: str
    kind: str  # as SQL writes it
    is_nullable: bool
    meaning: str


@dataclass
class Like:
    """All columns of another table, as they were at the time."""
    table: str
    columns: list


@dataclass
class Table:
    name: str
    doc: str
    parts: list = field(default_factory=list)  # a Column, or Like, in the order of the table
    key: list = field(default_factory=list)  # the primary key's columns
    indexes: dict = field(default_factory=dict)  # what each is, by its name; the primary key too

    def columns(self):
        for part in self.parts:
            yield from part.columns if isinstance(part, Like) else [part]

    def set_key(self, names):
        self.key = [name.strip() for name in names.split(",")]
        self.indexes[f"{self.name}_pkey"] = f"primary key ({names})"


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
            yield definition.strip().rstrip(",;").rstrip(), meaning.strip()


def add_column(table, definition, meaning):
    match = re.fullmatch(r"(\w+)\s+(.+?)(?:\s+COLLATE \"C\")?(\s+PRIMARY KEY)?(\s+NOT NULL)?(\s+DEFAULT .+)?", definition)
    if not match or "NOT NULL" in (match[5] or ""):
        raise Unreadable(f"the column {definition!r} of {table.name}")
    name, kind, key, not_null, _ = match.groups()
    table.parts.append(Column(name, kind, not (key or not_null), meaning))
    if key:
        table.set_key(name)


def read_table(tables, doc, statement):
    match = re.fullmatch(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+) \(\n(.*)\n\)(?: WITH \(.*\)| PARTITION BY .*)?;?",
                         statement.strip(), re.S)
    if not match:
        raise Unreadable(statement.split("\n")[0])
    table = Table(match[1], doc)
    for definition, meaning in split_columns(match[2]):
        key = re.fullmatch(r"PRIMARY KEY \((.+)\)", definition)
        like = re.fullmatch(r"LIKE (\w+)", definition)
        if like and like[1] in tables:
            table.parts.append(Like(like[1], [replace(column) for column in tables[like[1]].columns()]))
        elif key:
            table.set_key(key[1])
        else:
            add_column(table, definition, meaning)
    tables[table.name] = table
    return table


def change_column(table, name, what):
    """Carries out an ALTER COLUMN or DROP COLUMN of a column; one that came by LIKE stands for itself from then on."""
    place = next((place for place, part in enumerate(table.parts)
                  if name in [column.name for column in (part.columns if isinstance(part, Like) else [part])]), None)
    if place is None:
        raise Unreadable(f"{what} of {table.name}: it has no column {name}")
    if isinstance(table.parts[place], Like):
        table.parts[place:place + 1] = table.parts[place].columns
        return change_column(table, name, what)
    column = table.parts[place]
    kind = re.fullmatch(r"ALTER COLUMN \w+ TYPE (.+?)(?: COLLATE \"C\")?(?: USING .+)?", what)
    renamed = re.fullmatch(r"RENAME COLUMN \w+ TO (\w+)", what)
    if what == f"DROP COLUMN {name}":
        del table.parts[place]
    elif what.endswith(" SET NOT NULL") or what.endswith(" DROP NOT NULL"):
        column.is_nullable = what.endswith(" DROP NOT NULL")
    elif kind:
        column.kind = kind[1]
    elif renamed:
        column.name = renamed[1]
        table.key = [renamed[1] if part == name else part for part in table.key]
    elif not re.fullmatch(r"ALTER COLUMN \w+ (SET DEFAULT .+|DROP DEFAULT|SET STORAGE \w+|SET COMPRESSION \w+)", what):
        raise Unreadable(f"{what} of {table.name}")


def read_changes(tables, statement):
    match = re.fullmatch(r"ALTER TABLE (\w+)\s(.*)", statement.strip(), re.S)
    if not match or match[1] not in tables:
        raise Unreadable(statement.split("\n")[0])
    table = tables[match[1]]
    for definition, meaning in split_columns(match[2]):
        key = re.fullmatch(r"ADD PRIMARY KEY \((.+)\)", definition)
        column = re.match(r"(?:ALTER|DROP|RENAME) COLUMN (\w+)", definition)
        if key:
            table.set_key(key[1])
        elif column:
            change_column(table, column[1], definition)
        elif definition.startswith("ADD COLUMN "):
            add_column(table, definition.removeprefix("ADD COLUMN "), meaning)
        elif not re.fullmatch(r"DROP CONSTRAINT \w+_pkey|SET \(.+\)", definition):
            raise Unreadable(f"{definition} of {table.name}")


def read_index(tables, statement):
    match = re.fullmatch(r"CREATE (UNIQUE )?INDEX (\w+)\s+ON (\w+)\s+(.+?)", statement.strip(), re.S)
    if not match or match[3] not in tables:
        raise Unreadable(statement)
    tables[match[3]].indexes[match[2]] = ("unique " if match[1] else "index ") + " ".join(match[4].split())


def drop_index(tables, statement):
    name = statement.strip().removeprefix("DROP INDEX ")
    for table in tables.values():
        if table.indexes.pop(name, None):
            return
    raise Unreadable(statement)


def drop_table(tables, statement):
    name = statement.strip().removeprefix("DROP TABLE ")
    if tables.pop(name, None) is None:
        raise Unreadable(statement)
    return name


def read_function(functions, statement, doc):
    """The function, unless it is one that takes the place of another, which is told already: then the comment does."""
    head = re.match(r"CREATE (?:OR REPLACE )?FUNCTION (\w+\(.*?\))(?:\s+RETURNS|\s+LANGUAGE|\s+AS|\s*$)", statement, re.S)[1]
    name = head.partition("(")[0]
    if name in functions and statement.startswith("CREATE OR REPLACE"):
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


def read_file(path, tables, functions):
    """Carries the file's statements out on the tables and functions that are there; gives the new ones, in order."""
    text = re.sub(r"(\$\w*\$).*?\1", "", path.read_text(encoding="utf-8"), flags=re.S)  # without functions' bodies
    made = []
    for doc, statement in statements(text):
        try:
            if statement.startswith("CREATE TABLE"):
                made.append(read_table(tables, doc, statement))
            elif re.match(r"CREATE (OR REPLACE )?FUNCTION", statement):
                function = read_function(functions, statement, doc)
                made += [function] if function else []
            elif statement.startswith("ALTER TABLE"):
                read_changes(tables, statement)
            elif re.match(r"CREATE (UNIQUE )?INDEX", statement):
                read_index(tables, statement)
            elif statement.startswith("DROP INDEX"):
                drop_index(tables, statement)
            elif statement.startswith("DROP TABLE"):
                drop_table(tables, statement)
            elif statement.startswith("CREATE VIEW"):
                tables[statement.split()[2]] = view = Table(statement.split()[2] + " (view)", doc)
                made.append(view)
            elif statement.startswith("CREATE OR REPLACE VIEW"):
                tables[statement.split()[4]].doc = doc
            elif not statement.startswith(("CREATE TYPE", "DO ")):
                raise Unreadable(statement.splitlines()[0])
        except Unreadable as error:
            raise Unreadable(f"{path.name}: {error}") from None
    return title_of(text), made
