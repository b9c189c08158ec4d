"""Fixtures of the oracle's own tests."""

import pytest

from oracle.fold import Fold
from oracle.hand import PARTITIONS, Log
from oracle.wire import Decoder


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def fold():
    return Fold(Decoder(), PARTITIONS, "t.events")
