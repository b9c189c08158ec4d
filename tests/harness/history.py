"""A generated history through the product's own front door."""

from itertools import groupby


def publish_steps(mneme, namespace, steps, timeout=300):
    """Lines by `mneme publish`, raw messages onto the topic, in their order. Gives {(partition, offset): step}."""
    placed = {}
    for is_raw, group in groupby(steps, key=lambda step: step.raw is not None):
        group = list(group)
        if is_raw:
            positions = namespace.produce([step.raw for step in group])
        else:
            receipts = mneme.publish([step.line for step in group], timeout=timeout)
            assert len(receipts) == len(group)
            positions = [tuple(map(int, receipt["position"].split(":"))) for receipt in receipts]
        placed.update(zip(positions, group, strict=True))
    assert len(placed) == len(steps), "two events have the same position"
    return placed
