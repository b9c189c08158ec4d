"""Fault scenarios: one module each below faults/scenarios, found by its name.

A module says in the first line of its docstring what happens, whether it needs OWN_STACK (it stops or kills
services), and what SHORT (in CI) and LONG (ops/faults) runs of it are called with: run(ground, **size). Whatever is
left to chance comes from ground.seed. It ends by comparing every row with the oracle, and may return a sentence about
what happened."""

import importlib
import os
import pathlib
from dataclasses import dataclass
from typing import Any

from harness.stack import ROOT

FOLDER = ROOT / "tests" / "faults" / "scenarios"


def scenario_names():
    return sorted(path.stem for path in pathlib.Path(FOLDER).glob("*.py"))


def load_scenario(name):
    return importlib.import_module(f"faults.scenarios.{name}")


def fault_seed():
    """MNEME_FAULT_SEED, which ops/faults chooses anew for each run; in CI always the same."""
    return int(os.environ.get("MNEME_FAULT_SEED", 41))


@dataclass
class Ground:
    """What a scenario stands on. `stack` is its own when it asked for one."""

    namespace: Any
    stack: Any
    worker: Any  # starts workers, see conftest.py
    mneme: Any
    seed: int
