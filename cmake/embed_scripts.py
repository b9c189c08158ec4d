#!/usr/bin/env python3
"""Makes constants of .lua files: embed_scripts.py OUTDIR FOLDER PREFIX FILE…

FOLDER/scripts/name.lua becomes mneme_PREFIX_script_name, a struct mneme_redis_script declared in OUTDIR/FOLDER/scripts.h; so do the
files of a folder FOLDER/scripts/name, as one script, in the order of their names.
"""

import pathlib
import sys

from c_string import c_string

HEADER = """/* Made from {folder}/scripts/ by cmake/embed_scripts.py. */
#ifndef MNEME_{upper}_SCRIPTS_H
#define MNEME_{upper}_SCRIPTS_H

#include "common/redis/redis.h"

/* One for each file of {folder}/scripts. */
{declarations}
#endif
"""


def main(outdir: pathlib.Path, folder: str, prefix: str, files: list[pathlib.Path]) -> None:
    out = outdir / folder
    out.mkdir(parents=True, exist_ok=True)
    scripts: dict[str, list[pathlib.Path]] = {}
    for file in files:
        scripts.setdefault(file.stem if file.parent.name == "scripts" else file.parent.name, []).append(file)
    constants = {name: f"const struct mneme_redis_script mneme_{prefix}_script_{name}" for name in scripts}
    declarations = "".join(f"extern {constant};\n" for constant in constants.values())
    (out / "scripts.h").write_text(
        HEADER.format(folder=folder, upper=folder.upper().replace("/", "_"), declarations=declarations), encoding="utf-8")
    with open(out / "scripts.c", "w", encoding="utf-8") as c_file:
        c_file.write(f'#include "{folder}/scripts.h"\n')
        for name, constant in constants.items():
            source = "".join(file.read_text(encoding="utf-8") for file in scripts[name])
            c_file.write(f'\n{constant} = {{\n    "{folder}/scripts/{name}",\n{c_string(source)}}};\n')


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], sorted(map(pathlib.Path, sys.argv[4:])))
