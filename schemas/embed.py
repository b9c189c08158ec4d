#!/usr/bin/env python3
"""Turns the released schemas of an embedding, oldest first, into C strings; its struct and its codec are written by hand.

usage: embed.py AVSC… SOURCE   (files named mneme.embedding.vN.avsc; writes the file SOURCE)
"""

import json
import pathlib
import sys


def literals(avsc):
    """The file as a C string, line by line."""
    # json's escapes are C's, but for \\u, which ensure_ascii=False avoids.
    return "\n".join(f"    {json.dumps(line, ensure_ascii=False)}"
                     for line in pathlib.Path(avsc).read_text(encoding="utf-8").splitlines(keepends=True))


def main(*paths):
    *avscs, source = paths
    for version, avsc in enumerate(avscs, 1):
        if pathlib.Path(avsc).name != f"mneme.embedding.v{version}.avsc":
            sys.exit(f"schemas/embed.py: {avsc} was not embedded: version {version} is to come here; keep every version")
    texts = "".join(f"\n    /* {pathlib.Path(avsc).name} */\n{literals(avsc)}," for avsc in avscs)
    pathlib.Path(source).write_text(
        "/*\n * The schemas of an embedding, made by schemas/embed.py.\n */\n"
        '#include "schemas/embedding.h"\n\n'
        f"const char *const mneme_embedding_schemas[MNEME_EMBEDDING_VERSIONS] = {{{texts}\n}};\n",
        encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
