"""Prints the tests that are new or changed since a commit, including those in uncommitted files.

Prints one line for each file: "criterion PROGRAM PATTERN", with the pattern of --filter; "plain PROGRAM" for a program without
tests inside it; "pytest NAME", with one line for each test. A change outside the tests of a file counts for all of them. Changes of what all
tests share (tests/harness, tests/support, tests/oracle) are ignored, since they would count for all tests.
Usage: changed_tests.py COMMIT"""

import ast
import pathlib
import re
import subprocess
import sys

PROGRAMS = {"tests/unit": "unit_", "tests/integration": "integration_", "tests/race": "mneme_race_"}
CRITERION_TEST = re.compile(r"^Test\((\w+),\s*(\w+)")
HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.M)
SCENARIOS = pathlib.PurePosixPath("tests/faults/scenarios")


def git(*arguments):
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def changed_files(commit):
    """Existing paths below tests/, with the numbers of their changed lines; None: the whole file is new."""
    untracked = git("ls-files", "--others", "--exclude-standard", "tests").split()
    files = {path: None for path in untracked}
    for path in git("diff", "--name-only", "--diff-filter=d", commit, "--", "tests").split():
        lines = set()
        for start, count in HUNK.findall(git("diff", "-U0", commit, "--", path)):
            # A removal is reported at the line before it.
            lines.update(range(int(start), int(start) + max(int(count or 1), 1)))
        files[path] = lines
    return {pathlib.PurePosixPath(path): lines for path, lines in sorted(files.items())}


def criterion_tests(text):
    """(suite and name, first line, last line) of each test; a test ends at the first brace in the first column."""
    found, current = [], None
    for number, line in enumerate(text.splitlines(), 1):
        match = CRITERION_TEST.match(line)
        if match:
            current = ("/".join(match.groups()), number)
        elif current and line.startswith("}"):
            found.append((*current, number))
            current = None
    return found


def pytest_tests(text):
    """(name, first line, last line) of each test function, decorators included."""
    return [(node.name, min([node.lineno, *(each.lineno for each in node.decorator_list)]), node.end_lineno)
            for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


def touched(tests, lines):
    """Names of the tests that contain these lines; of all tests if a line is outside of them."""
    if lines is None or not all(any(first <= line <= last for _, first, last in tests) for line in lines):
        return [name for name, _, _ in tests]
    return [name for name, first, last in tests if any(first <= line <= last for line in lines)]


def criterion_pattern(names):
    suites = "|".join(sorted({name.split("/")[0] for name in names}))
    return f"@({suites})/@({'|'.join(name.split('/')[1] for name in names)})"


def lines_of(path, lines):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    folder = str(path.parent)
    if folder in PROGRAMS and path.suffix == ".c":
        program = PROGRAMS[folder] + path.stem
        tests = criterion_tests(text)
        if not tests:
            return [f"plain {program}"]
        names = touched(tests, lines)
        return [f"criterion {program} {criterion_pattern(names)}"] if names else []
    if path.name.startswith("test_") and path.suffix == ".py":
        return [f"pytest {path}::{name}" for name in touched(pytest_tests(text), lines)]
    if path.parent == SCENARIOS and path.suffix == ".py":
        return [f"pytest {SCENARIOS.parent}/test_scenarios.py::test_scenario[{path.stem}]"]
    return []


def main():
    for path, lines in changed_files(sys.argv[1]).items():
        for line in lines_of(path, lines):
            print(line)


main()
