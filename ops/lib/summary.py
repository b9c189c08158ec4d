"""Sums up a test run: JUnit files of CTest and pytest, and results.tsv of other checks.

CTest knows only programs; the tests inside them are counted from the lines that Criterion prints.
Prints a table, what failed or was skipped, the slowest tests, and the closing line. Usage: summary.py FOLDER"""

import collections
import os
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

SLOWEST = 10
CRITERION = re.compile(r"^\[(PASS|FAIL|SKIP|CRASH)\] (\S+::[^:]+)", re.M)
CRITERION_TIME = re.compile(r"^\[(?:PASS|FAIL)\] (\S+::[^:]+): \(([0-9.]+)s\)", re.M)
SYNTHESIS = re.compile(r"Synthesis: Tested: \d+ \| Passing: (\d+) \| Failing: (\d+) \| Crashing: (\d+)")


class Tally:
    """Counts of one suite, and the names of tests that did not pass."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.remarks = []
        self.seconds = {}

    def add(self, outcome, name):
        setattr(self, outcome, getattr(self, outcome) + 1)
        if outcome != "passed":
            self.remarks.append((outcome, name))


def add_program(tally, name, outcome, output):
    """Counts a CTest test: a Criterion program as the tests inside it, any other program as one."""
    for test, seconds in CRITERION_TIME.findall(output):
        tally.seconds[f"{name} {test}"] = float(seconds)
    synthesis = SYNTHESIS.search(output)
    if not synthesis:
        tally.add(outcome, name)
        return
    passing, failing, crashing = map(int, synthesis.groups())
    tally.passed += passing
    for what, test in CRITERION.findall(output):
        if what != "PASS":
            tally.remarks.append(("skipped" if what == "SKIP" else "failed", f"{name} {test}"))
    tally.skipped += len([what for what, _ in CRITERION.findall(output) if what == "SKIP"])
    tally.failed += failing + crashing
    if outcome == "failed" and failing + crashing == 0:
        tally.add("failed", f"{name} ended with an error although its tests passed")


def read_junit(path, tally):
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname', '')} {case.get('name')}".strip()
        if case.find("failure") is not None or case.find("error") is not None:
            outcome = "failed"
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            outcome = "skipped"
        else:
            outcome = "passed"
        if case.get("status"):
            add_program(tally, case.get("name"), outcome, case.findtext("system-out") or "")
        else:
            tally.add(outcome, name)
            tally.seconds[name] = max(float(case.get("time") or 0), tally.seconds.get(name, 0))


def print_slowest(tallies):
    timed = [(seconds, suite, name) for suite, tally in tallies.items() for name, seconds in tally.seconds.items()]
    if timed:
        print(f"the {min(SLOWEST, len(timed))} slowest tests:")
    for seconds, suite, name in sorted(timed, reverse=True)[:SLOWEST]:
        print(f"{seconds:8.1f} s  {suite}: {name}")


def main():
    folder = pathlib.Path(sys.argv[1])
    tallies = collections.defaultdict(Tally)
    for path in sorted(folder.glob("*.xml")):
        read_junit(path, tallies[path.name.split(".")[0]])
    lines = folder / "results.tsv"
    for line in lines.read_text().splitlines() if lines.exists() else []:
        suite, name, outcome = line.split("\t")
        tallies[suite].add(outcome, name)

    print(f"\n{'suite':<14}{'passed':>8}{'failed':>8}{'skipped':>9}")
    for suite, tally in tallies.items():
        print(f"{suite:<14}{tally.passed:>8}{tally.failed:>8}{tally.skipped:>9}")
    for suite, tally in tallies.items():
        for outcome, name in tally.remarks:
            print(f"{outcome}: {suite}: {name}")
    print_slowest(tallies)
    passed = sum(tally.passed for tally in tallies.values())
    failed = sum(tally.failed for tally in tallies.values())
    skipped = sum(tally.skipped for tally in tallies.values())
    strict = os.environ.get("CI") == "true"
    if strict and skipped:
        print("skipped tests count as failed, since CI is true")
        failed += skipped
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped and not strict else ""))
    return 1 if failed or not passed else 0


sys.exit(main())
