"""The reference pages say what the tables, schemas and migrations say that they are made from."""

import os
import subprocess

from harness.program import BINARY
from harness.stack import ROOT


def test_the_reference_pages_are_what_their_sources_make():
    checked = subprocess.run(
        [ROOT / "ops" / "docs", "--check"],
        env={**os.environ, "MNEME_BIN": str(BINARY)},
        capture_output=True, text=True, timeout=60, check=False,
    )
    assert checked.returncode == 0, checked.stderr
