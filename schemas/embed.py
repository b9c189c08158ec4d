#!/usr/bin/env python3
"""Turns the schema of an embedding into a C string; its struct and its codec are written by hand.

usage: embed.py AVSC SOURCE   (writes the file SOURCE)
"""

import json
import pathlib
import sys


def main(avsc, source):
    lines = pathlib.Path(avsc).read_text(encoding="utf-8").splitlines(keepends=True)
    # json's escapes are C's, but for \\u, which ensure_ascii=False avoids.
    literals = "".join(f"    {json.dumps(line, ensure_ascii=False)}\n" for line in lines)
    pathlib.Path(source).write_text(
        "/*\n * The schema of an embedding, made by schemas/embed.py.\n */\n"
        f'#include "schemas/embedding.h"\n\nconst char mneme_embedding_schema_json[] =\n{literals}    ;\n',
        encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
