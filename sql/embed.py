#!/usr/bin/env python3
"""Makes C strings of .sql files: embed.py OUTDIR FILE…

migrations/NNNN_name.sql become rows of mneme_migrations[]; queries/name.sql become mneme_sql_name[].
"""

import pathlib
import re
import sys

HEADER = """/* Made from sql/ by sql/embed.py. */
#ifndef MNEME_SQL_EMBEDDED_H
#define MNEME_SQL_EMBEDDED_H

#include <stddef.h>

struct mneme_migration {
    int version;
    const char *name;
    const char *sql;
};

/* In ascending versions. */
extern const struct mneme_migration mneme_migrations[];
extern const size_t mneme_migration_count;

/* One for each file of sql/queries. */
%s
#endif
"""


def c_string(text: str) -> str:
    lines = []
    for line in text.splitlines(keepends=True):
        escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("?", "\\?")
        lines.append(f'    "{escaped}"')
    return "\n".join(lines) if lines else '    ""'


def main() -> None:
    out = pathlib.Path(sys.argv[1])
    files = sorted(pathlib.Path(name) for name in sys.argv[2:])
    out.mkdir(parents=True, exist_ok=True)
    migrations, queries = [], []
    for file in files:
        if file.parent.name == "migrations":
            match = re.fullmatch(r"(\d{4})_(\w+)", file.stem)
            if not match:
                sys.exit(f"sql/embed.py: {file} was not embedded: its name is not NNNN_name.sql; rename it")
            migrations.append((int(match[1]), match[2], file.read_text()))
        else:
            queries.append((file.stem, file.read_text()))
    declarations = "".join(f"extern const char mneme_sql_{name}[];\n" for name, _ in queries)
    (out / "embedded.h").write_text(HEADER % declarations)
    with open(out / "embedded.c", "w") as c_file:
        c_file.write('#include "sql/embedded.h"\n\n')
        c_file.write("const struct mneme_migration mneme_migrations[] = {\n")
        for version, name, sql in migrations:
            c_file.write(f'    {{{version}, "{name}",\n{c_string(sql)}}},\n')
        c_file.write("};\nconst size_t mneme_migration_count = sizeof mneme_migrations / sizeof *mneme_migrations;\n")
        for name, sql in queries:
            c_file.write(f"\nconst char mneme_sql_{name}[] =\n{c_string(sql)};\n")


main()
