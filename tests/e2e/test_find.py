"""What is found again is the log's fold: generated histories through every group, compared row by row."""

import pytest

from oracle import assert_equal_to_log
from oracle.encode import Encoder
from oracle.find import assert_searchable
from oracle.generator import Generator
from oracle.subjects.memories import updates_of_one


def produce(namespace, steps):
    """Steps onto the topic, without the product's publisher."""
    encoder = Encoder()
    namespace.produce([step.raw or encoder.message(step.line) for step in steps])


@pytest.mark.parametrize("batch", [1, 7, 5000])
def test_full_text_is_the_fold_however_the_batches_fall(namespace, worker, batch):
    generator = Generator(60 + batch)
    produce(namespace, generator.history(400 if batch == 1 else 3000))
    worker()
    worker("search", env={"MNEME_BATCH_MAX_EVENTS": batch})
    namespace.drain()
    namespace.drain("search")
    assert_searchable(namespace, assert_equal_to_log(namespace))


def test_a_rebuild_of_full_text_is_what_is_live(namespace, worker, mneme):
    produce(namespace, Generator(61).history(2500))
    worker()
    live = worker("search")
    namespace.drain()
    namespace.drain("search")
    mneme("verify", "search", expect=0)
    mneme("rebuild", "search", expect=0)
    produce(namespace, Generator(62).history(500))
    namespace.drain()
    namespace.drain("search")
    assert_searchable(namespace, assert_equal_to_log(namespace))
    assert live.stop() == 0


def test_a_document_that_is_updated_a_thousand_times_is_there_once(namespace, worker):
    produce(namespace, updates_of_one(Generator(63), 1000))
    worker()
    worker("search")
    namespace.drain()
    namespace.drain("search")
    fold = assert_equal_to_log(namespace)
    assert_searchable(namespace, fold)
    assert len(fold.documents.live) == 1
