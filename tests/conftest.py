"""Fixtures of all Python tests. One stack serves a whole test run; every test has a namespace of its own on it.

    stack            the services: those of the environment, else a private stack for this run
    namespace        database, topic prefix and Redis prefix of this test, migrated, topics made (see Namespace)
    make_namespace   the same as a function: make_namespace(partitions=2, stack=…, use_registry=True, migrate=False)
    mneme            runs the program: mneme("publish", "-", input="…", expect=0).json_lines (see Program)
    worker           starts workers: worker("postgres", "--id", "a").kill() (see Worker); wait=False returns at once
    wait_until       wait_until(condition, timeout, message)
    folded           a namespace with a worker for a whole module of tests that ask
    drain            drain() waits until the projection has folded what is on the topic
    registry         the stack's schema registry is up: its URL
    embedding        the base URL of the stack's local embedding models
    chroma           the stack's Chroma is up: its URL
    private_stack    a stack that a test may stop and kill; use make_namespace(stack=private_stack)
"""

import os
import pathlib
import shutil
import tempfile

import pytest

from harness import waiting
from harness.namespace import Namespace
from harness.program import Program
from harness.stack import Stack, file_lock
from harness.worker import Worker

OUTCOME = pytest.StashKey()


# --- one folder for the whole run, known to all xdist workers ---


def pytest_configure(config):
    if hasattr(config, "workerinput"):
        config.mneme_run_folder = pathlib.Path(config.workerinput["mneme_run_folder"])
    else:
        config.mneme_run_folder = pathlib.Path(tempfile.gettempdir()) / f"mneme-tests-{os.getpid()}"


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Tests of one xdist_group stay in one process: they share what only one may stop at a time."""
    if getattr(config.option, "numprocesses", None):
        config.option.dist = "loadgroup"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput["mneme_run_folder"] = str(node.config.mneme_run_folder)


def pytest_unconfigure(config):
    """The first process ends what the run has started."""
    folder = getattr(config, "mneme_run_folder", None)
    if folder is None or hasattr(config, "workerinput") or not folder.exists():
        return
    for stack in folder.glob("stack*"):
        Stack({}, stack).reset()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" or report.failed:
        item.stash[OUTCOME] = report
    return report


def has_failed(request):
    report = request.node.stash.get(OUTCOME, None)
    return report is not None and report.failed


@pytest.fixture(scope="session")
def run_folder(pytestconfig):
    folder = pytestconfig.mneme_run_folder
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    return folder


# --- services ---


@pytest.fixture(scope="session")
def stack(run_folder):
    found = Stack.of_environment()
    if found is not None:
        return found
    with file_lock(run_folder / "lock"):
        return Stack.private(run_folder / "stack")


@pytest.fixture(scope="session")
def registry(stack, run_folder):
    if not stack.registry_url:
        with file_lock(run_folder / "lock"):
            stack.up("registry")
    return stack.registry_url


@pytest.fixture(scope="session")
def embedding(stack, run_folder):
    if not stack.env.get("OPENAI_BASE_URL"):
        with file_lock(run_folder / "lock"):
            stack.up("embedding")
    return stack.env["OPENAI_BASE_URL"]


@pytest.fixture(scope="session")
def chroma(stack, run_folder):
    if not stack.env.get("CHROMA_URL"):
        with file_lock(run_folder / "lock"):
            stack.up("chroma")
    return stack.env["CHROMA_URL"]


@pytest.fixture(scope="session")
def _own_stack(run_folder):
    """A stack of this test process."""
    return Stack.private(run_folder / f"stack-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")


@pytest.fixture
def private_stack(_own_stack):
    """All services are up when the test begins, whatever the one before did."""
    _own_stack.up()
    yield _own_stack
    _own_stack.up()


# --- a place for each test ---


@pytest.fixture
def make_namespace(request, run_folder, tmp_path):
    made = []

    def make(partitions=4, stack=None, use_registry=False, migrate=True, env=None):
        if use_registry and not (stack and stack.registry_url):
            request.getfixturevalue("registry")
        namespace = Namespace(stack or request.getfixturevalue("stack"), run_folder, tmp_path, partitions,
                              use_registry, env)
        made.append(namespace)
        return namespace.create(migrate)

    yield make
    for namespace in made:
        namespace.drop()


@pytest.fixture
def namespace(request, make_namespace):
    partitions = request.node.get_closest_marker("partitions")
    return make_namespace(partitions=partitions.args[0] if partitions else 4,
                          use_registry=request.node.get_closest_marker("registry") is not None)


@pytest.fixture
def mneme(namespace):
    return Program(namespace.env)


@pytest.fixture
def worker(request, namespace):
    workers = []

    def start(projection="postgres", *arguments, env=None, wait=True, namespace=namespace):
        process = Worker(namespace, len(workers), projection, arguments, env)
        workers.append(process)
        return process.wait_ready() if wait else process

    yield start
    for process in workers:
        process.clean_up()
    if has_failed(request):
        for process in workers:
            print(f"--- {process.log_path.name} (exit code {process.process.returncode})\n{process.log[-6000:]}")


@pytest.fixture
def drain(namespace):
    return namespace.drain


@pytest.fixture
def wait_until():
    return waiting.wait_until


@pytest.fixture(scope="module")
def folded(stack, run_folder, tmp_path_factory):
    """One namespace for a module of tests that ask, with a worker (`folded.worker`; `folded.start_worker("redis")` starts
    another one, of that group): `folded.mneme` runs the program in it, `folded.publish(lines)` publishes and waits until all is folded."""
    namespace = Namespace(stack, run_folder, tmp_path_factory.mktemp("folded"))
    namespace.mneme = Program(namespace.env)
    namespace.create()
    workers = []

    def start_worker(projection="postgres"):
        workers.append(Worker(namespace, len(workers), projection))
        return workers[-1].wait_ready()

    def publish(lines):
        receipts = namespace.mneme.publish(lines)
        namespace.drain()
        return receipts

    namespace.publish = publish
    namespace.start_worker = start_worker
    namespace.worker = start_worker()
    yield namespace
    for worker in workers:
        worker.clean_up()
    namespace.drop()


@pytest.fixture(scope="module")
def quiet_topic(stack, run_folder, tmp_path_factory):
    """One namespace for a module of tests that only publish; `quiet_topic.mneme` runs the program in it."""
    namespace = Namespace(stack, run_folder, tmp_path_factory.mktemp("quiet"))
    namespace.mneme = Program(namespace.env)
    namespace.create()
    yield namespace
    namespace.drop()
