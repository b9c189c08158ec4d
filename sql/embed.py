#!/usr/bin/env python3
"""Makes C strings of .sql files: embed.py OUTDIR FILE…

migrations/PROJECTION/NNNN_name.sql become mneme_migrations_PROJECTION, a set that begins with migrations/NNNN_name.sql;
queries/name.sql become mneme_sql_name[].
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "cmake"))
from c_string import c_string

HEADER = """/* Made from sql/ by sql/embed.py. */
#ifndef MNEME_SQL_EMBEDDED_H
#define MNEME_SQL_EMBEDDED_H

#include <stddef.h>

struct mneme_migration {
    int version;
    const char *name;
    const char *sql;
};

/* Those of one projection, oldest first, in ascending versions. */
struct mneme_migration_set {
    const struct mneme_migration *migrations;
    size_t count;
};

/* One for each folder of sql/migrations. */
%s
/* One for each file of sql/queries. */
%s
#endif
"""


def refuse_one_number_twice(projection: str, migrations: list) -> None:
    """Only the first of them would ever be applied."""
    for (version, name, _), (following, other, _) in zip(migrations, migrations[1:]):
        if version == following:
            sys.exit(f"sql/embed.py: the migrations of {projection} were not embedded: {version:04}_{name} and "
                     f"{following:04}_{other} have one number; give one of them the next free number")


def main() -> None:
    out = pathlib.Path(sys.argv[1])
    files = sorted(pathlib.Path(name) for name in sys.argv[2:])
    out.mkdir(parents=True, exist_ok=True)
    shared, sets, queries = [], {}, []
    for file in files:
        if "migrations" in (file.parent.name, file.parent.parent.name):
            match = re.fullmatch(r"(\d{4})_(\w+)", file.stem)
            if not match:
                sys.exit(f"sql/embed.py: {file} was not embedded: its name is not NNNN_name.sql; rename it")
            own = shared if file.parent.name == "migrations" else sets.setdefault(file.parent.name, [])
            own.append((int(match[1]), match[2], file.read_text()))
        else:
            queries.append((file.stem, file.read_text()))
    for projection, own in sets.items():
        refuse_one_number_twice(projection, sorted(shared + own))
    set_names = "".join(f"extern const struct mneme_migration_set mneme_migrations_{name};\n" for name in sets)
    declarations = "".join(f"extern const char mneme_sql_{name}[];\n" for name, _ in queries)
    (out / "embedded.h").write_text(HEADER % (set_names, declarations))
    with open(out / "embedded.c", "w") as c_file:
        c_file.write('#include "sql/embedded.h"\n\n')
        for projection, own in sets.items():
            c_file.write(f"static const struct mneme_migration {projection}[] = {{\n")
            for version, name, sql in sorted(shared + own):
                c_file.write(f'    {{{version}, "{name}",\n{c_string(sql)}}},\n')
            c_file.write(f"}};\nconst struct mneme_migration_set mneme_migrations_{projection} = "
                         f"{{{projection}, sizeof {projection} / sizeof *{projection}}};\n\n")
        for name, sql in queries:
            c_file.write(f"\nconst char mneme_sql_{name}[] =\n{c_string(sql)};\n")


main()
