#!/usr/bin/env python3
"""Makes C constants of Lua scripts for Redis: embed_scripts.py FOLDER OUTDIR FILE…

FOLDER/scripts/name.lua becomes mneme_FOLDER_script_name, a struct mneme_redis_script, in OUTDIR/scripts.h and scripts.c.
"""

import json
import pathlib
import sys


def main(folder, out, *files):
    scripts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(map(pathlib.Path, files))}
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    guard = f"MNEME_{folder.upper()}_SCRIPTS_H"
    names = "".join(f"extern const struct mneme_redis_script mneme_{folder}_script_{name};\n" for name in scripts)
    (out / "scripts.h").write_text(
        f"/* Made from {folder}/scripts/ by common/embed_scripts.py. */\n#ifndef {guard}\n#define {guard}\n\n"
        f'#include "common/redis.h"\n\n{names}\n#endif\n', encoding="utf-8")
    with open(out / "scripts.c", "w", encoding="utf-8") as source:
        source.write(f'#include "{folder}/scripts.h"\n')
        for name, text in scripts.items():
            # json's escapes are C's, but for \\u, which ensure_ascii=False avoids.
            literals = "".join(f"\n        {json.dumps(line, ensure_ascii=False)}" for line in text.splitlines(keepends=True))
            source.write(f"\nconst struct mneme_redis_script mneme_{folder}_script_{name} = {{\n"
                         f'    .name = "{name}.lua",\n    .source ={literals},\n}};\n')


if __name__ == "__main__":
    main(*sys.argv[1:])
