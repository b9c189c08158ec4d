"""What the oracle says of the order of records on the embeddings topic."""

from types import SimpleNamespace

import pytest

from oracle.compare_embeddings import last_records


@pytest.mark.parametrize("sources, is_right", [((), True), ((5,), True), ((1, 5), True), ((1, 5, 1, 5), True), ((5, 1), False),
                                               ((1, 5, 3), False)])
def test_the_last_record_of_a_document_must_be_the_newest(sources, is_right):
    messages = [SimpleNamespace(key=b"a", headers=[("mneme-source", str(source))], position=place)
                for place, source in enumerate(sources)]
    other = SimpleNamespace(key=b"b", headers=[("mneme-source", "2")], position=99)
    last, found = last_records([*messages, other])
    assert last == ({b"a": messages[-1]} if messages else {}) | {b"b": other}
    assert found == [] if is_right else f"b'a': {sources[-1]} at {len(sources) - 1} is the last record" in found[0]
