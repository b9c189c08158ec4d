"""Every scenario of faults/scenarios: short, or as long as ops/faults wants it (MNEME_FAULT_SIZE=LONG)."""

import os

import pytest

from harness.scenario import Ground, fault_seed, load_scenario, scenario_names


def parameter(name):
    """Scenarios that stop services run one after the other, on one stack."""
    marks = [pytest.mark.xdist_group("scenarios")] if load_scenario(name).OWN_STACK else []
    return pytest.param(name, id=name, marks=marks)


@pytest.fixture
def scenario(request):
    return load_scenario(request.param)


@pytest.fixture
def stack_under_test(request, scenario):
    return request.getfixturevalue("private_stack" if scenario.OWN_STACK else "stack")


@pytest.fixture
def namespace(make_namespace, stack_under_test):
    return make_namespace(stack=stack_under_test)


@pytest.mark.timeout(int(os.environ.get("MNEME_FAULT_TIMEOUT", 900)))
@pytest.mark.parametrize("scenario", [parameter(name) for name in scenario_names()], indirect=True)
def test_scenario(scenario, namespace, stack_under_test, worker, mneme):
    seed = fault_seed()
    name = scenario.__name__.rpartition(".")[2]
    print(f"scenario {name}, seed {seed}: repeat it with ops/faults {name} --seed {seed}")
    size = getattr(scenario, os.environ.get("MNEME_FAULT_SIZE", "SHORT"))
    print(scenario.run(Ground(namespace, stack_under_test, worker, mneme, seed), **size))
