"""What the program advises for tables that somebody changed mends them."""

import pytest

from harness.load import Load
from harness.waiting import wait_until


@pytest.mark.parametrize("damage, advice", [
    ("UPDATE schema_migrations SET checksum = 'another' WHERE version = 5", "mneme rebuild PROJECTION"),
    ("UPDATE ledger_heads SET hash = '\\x00'", "mneme rebuild postgres"),
    ("UPDATE progress SET next_offset = next_offset + 1000", "mneme rebuild postgres"),
    ("UPDATE progress SET next_offset = 0, last_digest = NULL", "mneme rebuild postgres"),
], ids=["migrations", "heads", "progress-ahead", "progress-behind"])
def test_tables_that_were_changed_are_mended_as_it_is_advised(namespace, mneme, worker, damage, advice):
    first = worker()
    with Load(namespace, seed=51, count=300, rate=1e9) as load:
        wait_until(lambda: load.sent >= load.count, message="the load is made")
    namespace.drain()
    assert first.stop() == 0
    with namespace.connect() as connection:
        assert connection.execute(damage).rowcount > 0
    refused = worker(wait=False)
    assert refused.wait_exit(60) == 6 and advice in refused.log, refused.log[-2000:]
    mneme("rebuild", "postgres", expect=0)
    mneme("verify", "postgres", expect=0)
    mneme("audit", "verify", expect=0)
    worker()
    namespace.drain()
