"""What benches in Python share: a namespace outside of pytest, processor time, medians, the JSON line."""

import json
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
from contextlib import contextmanager

from harness.namespace import Namespace
from harness.stack import Stack

TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def bench_namespace(**options):
    """A namespace on the services of the environment, gone after the block."""
    stack = Stack.of_environment()
    assert stack, "there are no services: eval \"$(ops/stack env)\", or run this by ops/bench"
    if options.get("use_registry") and not stack.registry_url:
        stack.up("registry")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mneme-bench-"))
    namespace = Namespace(stack, folder, folder, **options)
    try:
        yield namespace.create()
    finally:
        namespace.drop()
        shutil.rmtree(folder, ignore_errors=True)


def tell(text):
    """Progress, on stderr so that stdout stays for results."""
    print(text, file=sys.stderr, flush=True)


def print_result(**fields):
    print(json.dumps(fields), flush=True)


def median(values, digits=0):
    return round(statistics.median(values), digits or None)


def stat_numbers(pid):
    """The fields of /proc/PID/stat behind the name, as numbers; [0] is the parent."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return [int(field) for field in text.rpartition(")")[2].split()[1:]]


def cpu_seconds(pid):
    """Processor time that the process has used."""
    try:
        numbers = stat_numbers(pid)
    except FileNotFoundError:
        return 0
    return (numbers[10] + numbers[11]) / TICKS


def server_cpu_seconds(namespace):
    """Processor time of all processes of the Postgres server, those that have ended included."""
    with namespace.connect() as connection:
        parent = stat_numbers(connection.info.backend_pid)[0]
        numbers = stat_numbers(parent)
        children = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return sum(numbers[10:14]) / TICKS + sum(map(cpu_seconds, children))


def peak_rss_mb(pid):
    """The highest resident memory that the process has had."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
