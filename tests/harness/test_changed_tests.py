"""ops/lib/changed_tests.py: which tests `ops/test --repeat` repeats."""

import subprocess
import sys

import pytest

from harness.stack import ROOT

C_TESTS = """static int helper(void) {
    return 1;
}

Test(bread, rises) {
    cr_assert(helper());
}

Test(bread, browns) {
    cr_assert(helper());
}
"""
PYTHON_TESTS = """import pytest


def helper():
    return True


@pytest.mark.parametrize("loaf", [1, 2])
def test_rises(loaf):
    assert helper()


def test_browns():
    assert helper()
"""


class Checkout:
    """A checkout with one commit, and what has changed since."""

    def __init__(self, folder):
        self.folder = folder
        self.git("init", "-q")
        self.write("tests/unit/bread.c", C_TESTS)
        self.write("tests/race/oven.c", "int main(void) { return 0; }\n")
        self.write("tests/e2e/test_bread.py", PYTHON_TESTS)
        self.write("tests/faults/scenarios/fire.py", "SHORT = {}\n")
        self.git("add", "-A")
        self.git("-c", "user.name=t", "-c", "user.email=t", "commit", "-q", "-m", "bread")

    def git(self, *arguments):
        subprocess.run(["git", *arguments], cwd=self.folder, check=True)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def change(self, name, old, new):
        text = (self.folder / name).read_text()
        assert text.count(old) == 1
        self.write(name, text.replace(old, new))

    def changed(self):
        return subprocess.run([sys.executable, ROOT / "ops/lib/changed_tests.py", "HEAD"], cwd=self.folder, check=True,
                              capture_output=True, text=True).stdout.splitlines()


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def test_nothing_changed(checkout):
    assert checkout.changed() == []


def test_a_changed_test_is_named_alone(checkout):
    checkout.change("tests/unit/bread.c", "browns) {\n", "browns) {\n    cr_assert(1);\n")
    checkout.change("tests/e2e/test_bread.py", "[1, 2]", "[1, 2, 3]")
    assert checkout.changed() == ["pytest tests/e2e/test_bread.py::test_rises", "criterion unit_bread @(bread)/@(browns)"]


def test_a_change_outside_of_the_tests_of_a_file_concerns_all_of_them(checkout):
    checkout.change("tests/unit/bread.c", "return 1;", "return 2;")
    checkout.change("tests/e2e/test_bread.py", "return True", "return 1")
    assert checkout.changed() == ["pytest tests/e2e/test_bread.py::test_rises", "pytest tests/e2e/test_bread.py::test_browns",
                                  "criterion unit_bread @(bread)/@(rises|browns)"]


def test_files_that_are_not_committed_count(checkout):
    checkout.write("tests/integration/jam.c", "Test(jam, sets) {\n}\n")
    checkout.write("tests/e2e/test_jam.py", "def test_sets():\n    assert True\n")
    assert checkout.changed() == ["pytest tests/e2e/test_jam.py::test_sets", "criterion integration_jam @(jam)/@(sets)"]


def test_races_and_scenarios_are_repeated_whole(checkout):
    checkout.change("tests/race/oven.c", "return 0", "return 1")
    checkout.change("tests/faults/scenarios/fire.py", "{}", "{'count': 1}")
    assert checkout.changed() == ["pytest tests/faults/test_scenarios.py::test_scenario[fire]", "plain mneme_race_oven"]


def test_a_file_that_was_deleted_has_no_tests(checkout):
    (checkout.folder / "tests/unit/bread.c").unlink()
    assert checkout.changed() == []
