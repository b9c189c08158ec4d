"""What the log means, subject by subject. Each module here has

- TABLES: the key of each table, by its name; the rows that a Fold has of it are an attribute of that name;
- Tables: a class, the part of a Fold that knows these tables;
- JUDGES: for a type of events a method (place, payload) that gives (verdict, actual version); without one it is accepted;
- EFFECTS: for a type of events a method (place, event, payload) that changes the rows; without one nothing changes;
- EVENTS: functions (generator, stream) that make a random event as (type, payload, verdict, effect on the stream) or None,
  with their weights.

Modules are found by themselves.
"""

import importlib
import pkgutil

MODULES = [importlib.import_module(f"{__name__}.{module.name}")
           for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name)]


def together(name):
    """All modules' dictionaries of that name in one; no two may speak of the same thing."""
    result = {}
    for module in MODULES:
        part = getattr(module, name)
        assert result.keys().isdisjoint(part), f"{module.__name__}.{name} says again {result.keys() & part.keys()}"
        result |= part
    return result


NAMES = [name for module in MODULES for name in vars(module.Tables) if not name.startswith("__")]
assert len(NAMES) == len(set(NAMES)), "two modules' Tables have a method of one name"
TABLES = together("TABLES")
JUDGES = together("JUDGES")
EFFECTS = together("EFFECTS")
EVENTS = together("EVENTS")
