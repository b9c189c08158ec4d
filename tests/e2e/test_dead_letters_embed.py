"""Dead letters of embed: what waited there for the ledger is embedded once the ledger has it, and what is dropped never is."""

import pytest

from e2e.test_redrive import LONG, SHORT, created, is_whole, of, text, updated
from harness.finding import Finding
from harness.scenario import Ground


@pytest.fixture
def finding(namespace, stack, worker, mneme):
    """The ledger's worker takes no long text, so that from the second on ada's and bob's events wait in every group."""
    with Finding(Ground(namespace, stack, worker, mneme, seed=7)) as finding:
        finding.ledger = finding.worker("postgres", env=SHORT)
        for group in ("search", "embed", "vectors"):
            finding.worker(group)
        namespace.produce([created(user, "fresh", 7) for user in ("ada", "bob")])
        finding.positions = {user: namespace.produce(of(user)) for user in ("ada", "bob")}
        finding.drain()
        assert namespace.count("mneme_embed.parked_events") == 8
        yield finding


def test_what_waited_is_embedded_in_its_order(namespace, mneme, finding):
    done = mneme("dead-letters", "redrive", "default/ada", "--json", expect=0).json_lines
    assert done[-1] == {"applied": 12, "parked": 0}
    assert {line["projection"] for line in done[:-1]} == {"postgres", "search", "embed.fake"}
    assert namespace.count("mneme_embed.parked_events") == 4
    namespace.produce([updated("ada", "and after that", 7)])
    finding.drain()
    assert mneme("dead-letters", "redrive", "--all", expect=0).stdout == "applied 12, still parked 0\n"
    finding.drain("vectors")
    fold = finding.assert_equal()
    assert len(fold.documents.live) == 6
    is_whole(namespace, mneme)


def test_what_fails_again_in_the_ledger_stays_in_embed(namespace, mneme, finding):
    assert mneme("dead-letters", "redrive", "--all", env=SHORT, expect=1).stdout == "applied 0, still parked 24\n"
    assert namespace.count("mneme_embed.parked_events") == 8


def test_what_is_dropped_is_never_embedded(namespace, mneme, finding):
    done = mneme("dead-letters", "drop", text(finding.positions["ada"][1]), "--yes", "--json", expect=0).json_lines
    assert [line["projection"] for line in done if line.get("outcome") == "dropped"] == ["postgres", "search", "embed.fake"]
    assert done[-1] == {"dropped": 3, "applied": 9, "parked": 0}
    mneme("dead-letters", "redrive", "default/bob", expect=0)
    finding.drain()
    fold = finding.assert_equal()
    assert [identity[1] for identity, document in fold.documents.history.items() if document["text"] == LONG] == ["bob"]
    mneme("reembed", "--model", "another", expect=0)
    finding.model = "another"
    finding.drain()
    finding.assert_equal()


def test_in_embed_alone(namespace, mneme, finding):
    """The ledger goes on to wait for it; what comes behind it waits there still."""
    place = text(finding.positions["bob"][1])
    done = mneme("dead-letters", "drop", place, "--projection", "embed", "--yes", "--json", expect=1).json_lines
    assert done[0]["projection"] == "embed.fake" and done[-1] == {"dropped": 1, "applied": 0, "parked": 3}
    mneme("dead-letters", "redrive", "--all", expect=0)
    finding.drain()
    fold = finding.assert_equal()  # the ledger, full text and the vectors of what was embedded
    texts = {group: {document["text"] for document in fold.documents_of(group).live.values()} for group in ("search", "embed")}
    assert LONG not in texts["embed"] and "a change of the long one" in texts["search"]


def test_a_record_that_vectors_cannot_store(namespace, mneme, finding):
    """A position of the embeddings topic is another one than that of an event, and is dropped by its projection's name."""
    ((partition, offset),) = namespace.produce([{"key": b"memory/x/default/ada", "value": b"no record"}], finding.embeddings_topic)
    finding.drain("vectors")
    place = f"{partition}:{offset}"
    assert [line["position"] for line in mneme("dead-letters", "list", "-p", "vectors", "--json", expect=0).json_lines] == [place]
    done = mneme("dead-letters", "drop", place, "--projection", "vectors", "--yes", "--json", expect=0).json_lines
    assert done[0]["outcome"] == "dropped" and done[-1] == {"dropped": 1, "applied": 0, "parked": 0}
    mneme("verify", "vectors", expect=0)
    mneme("rebuild", "vectors", expect=0)
    finding.drain("vectors")
    assert namespace.count("mneme_vectors.parked_events") == 0
    assert mneme("dead-letters", "list", "--dropped", "--json", expect=0).json_lines[0]["projection"] == "vectors"
