"""A log that has lost its beginning, or has got more partitions: refused, with what is right; a loss that is accepted is
recorded once, and everything behind it can be verified."""

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions

from harness.load import Load
from harness.rebuild import scratch_schemas
from harness.waiting import wait_until
from oracle import assert_equal_to_log


def fill(namespace, count, seed):
    with Load(namespace, seed=seed, count=count, rate=1e9) as load:
        wait_until(lambda: load.sent >= load.count, message="the load is made")


def cut(namespace, keeps):
    """Takes the beginning of each partition but for so many offsets; says where they begin now."""
    admin = AdminClient({"bootstrap.servers": namespace.brokers})
    starts = {partition: end - keeps for partition, end in namespace.end_offsets().items()}
    cuts = [TopicPartition(namespace.topic, partition, start) for partition, start in starts.items()]
    for future in admin.delete_records(cuts).values():
        future.result()
    return starts


def test_a_loss_is_accepted_once_and_recorded(namespace, mneme, worker, tmp_path):
    groups = [worker(), worker("search")]
    fill(namespace, 1200, seed=31)
    for name in ("postgres", "search"):
        namespace.drain(name)
    for group in groups:
        assert group.stop() == 0
    heads = tmp_path / "heads.json"
    heads.write_text(mneme("audit", "heads", "--json", expect=0).stdout)
    starts = cut(namespace, keeps=100)
    assert "--accept-loss" in mneme("rebuild", "postgres", expect=6).stderr
    assert "mneme rebuild postgres --accept-loss" in mneme("rebuild", "search", "--accept-loss", expect=6).stderr
    assert "mneme rebuild postgres --accept-loss" in mneme("verify", "postgres", expect=6).stderr
    assert not scratch_schemas(namespace)
    mneme("rebuild", "postgres", "--accept-loss", expect=0)
    for name in ("search", "redis"):
        mneme("rebuild", name, expect=0)
    for name in ("postgres", "search", "redis"):
        result = mneme("verify", name, "--json", expect=0).json_lines[-1]
        assert result["state"] == "equal" and result["lost"] == sum(starts.values()), (name, result)
    *losses, audit = mneme("audit", "verify", "--json", expect=0).json_lines
    assert {loss["lost"]: loss["last"] for loss in losses} == {f"{p}:0": f"{p}:{at - 1}" for p, at in starts.items()}
    assert all("@" in loss["accepted_by"] and loss["accepted_at"] for loss in losses)
    assert audit["state"] == "whole" and audit["lost"] == sum(starts.values())
    assert mneme("audit", "verify", "--heads", str(heads), "--json", expect=0).json_lines[-1]["former_heads"] == len(starts)
    assert "lost" in mneme("audit", "heads", expect=0).stderr
    assert_equal_to_log(namespace)
    mneme("rebuild", "postgres", expect=0)  # accepted once
    worker()
    fill(namespace, 300, seed=32)
    namespace.drain()
    assert mneme("audit", "verify", "--json", expect=0).json_lines[-1]["state"] == "whole"
    with namespace.connect() as connection:
        connection.execute("DELETE FROM events WHERE sequence_id = (SELECT min(sequence_id) FROM events)")
    assert mneme("audit", "verify", "--json", expect=6).json_lines[-1]["breaks"] == 1


def test_a_topic_with_more_partitions_is_not_rebuilt_into_parked_events(namespace, mneme, worker):
    groups = [worker(), worker("search")]
    fill(namespace, 600, seed=33)
    for name in ("postgres", "search"):
        namespace.drain(name)
    for group in groups:
        assert group.stop() == 0
    before = namespace.count("events"), namespace.count("parked_events")
    admin = AdminClient({"bootstrap.servers": namespace.brokers})
    admin.create_partitions([NewPartitions(namespace.topic, 6)])[namespace.topic].result()
    wait_until(lambda: len(namespace.end_offsets()) == 6, message="the partitions are added")
    refused = worker(wait=False)
    assert refused.wait_exit(60) == 6 and "partitions" in refused.log
    for name in ("postgres", "search", "redis"):
        told = mneme("rebuild", name, env={"MNEME_TOPIC_PARTITIONS": "6"}, expect=6).stderr
        assert "would be parked" in told and "had 4 partitions and has 6" in told, told
    assert "would be parked" in mneme("rebuild", "postgres", "--dry-run", expect=6).stderr
    assert (namespace.count("events"), namespace.count("parked_events")) == before
    assert not scratch_schemas(namespace)
