"""What is found again, against the oracle's fold: full text, what the embedder remembers, the embeddings topic, the
vectors of the generation that answers, and the keys of Redis."""

from oracle.compare import FIRST, TABLES, compare_progress, compare_rows, read_table, snapshot
from oracle.compare_embeddings import IDENTITY, compare_memory, compare_topic
from oracle.compare_redis import redis_differences
from oracle.compare_vectors import active_generation, compare_chroma, compare_pgvector, expected_vectors, leftovers
from oracle.documents import lexical_text
from oracle.wire import read_topic
from oracle.words import tsvector


def with_words(documents):
    """The documents with what full text makes of them."""
    rows = {}
    for place, document in documents.items():
        lexemes, length = tsvector(lexical_text(document))
        rows[place] = {**document, "lexemes": lexemes, "length": length}
    return rows


def compare_parked(connection, fold, projection):
    """What waits in the ledger waits in every group, until it is tried again there and then here."""
    left_out = fold.dropped_apart.get(projection.partition(".")[0], ())
    expected = {(projection, *place[1:]): row for place, row in fold.parked_events.items() if place[2:] not in left_out}
    actual = {place: row for place, row in read_table(connection, "parked_events", TABLES["parked_events"][0]).items()
              if place[0] == projection}
    return compare_rows("parked_events", expected, actual)


def compare_search(connection, fold):
    """Full text: every column of what is there and of what was."""
    history = (*IDENTITY, "source_sequence")
    return {
        "documents": compare_rows("documents", with_words(fold.documents_of("search").live),
                                  read_table(connection, "documents", IDENTITY), (IDENTITY, ())),
        "documents_history": compare_rows("documents_history", with_words(fold.documents_of("search").history),
                                          read_table(connection, "documents_history", history), (history, ())),
        "search parked": compare_parked(connection, fold, "search"),
        "search progress": compare_progress(fold, connection, "search"),
    }


def compare_embedding(namespace, fold, model, topic):
    """The embedder's memory, and the last record of each document on its topic."""
    with snapshot(namespace, "embed") as connection:
        found = {
            "embed documents": compare_memory(connection, fold, model),
            "embed parked": compare_parked(connection, fold, f"embed.{model.name}"),
            "embed progress": compare_progress(fold, connection, f"embed.{model.name}"),
        }
    found["embeddings topic"] = compare_topic(read_topic(namespace, topic)[0], fold, model)
    return found


def compare_store(namespace, fold, model, chroma=None):
    """The vectors of the generation that answers."""
    with snapshot(namespace, "vectors") as connection:
        generation = active_generation(connection)
        expected = expected_vectors(fold, model)
        return {"vectors": leftovers(connection) + (
            compare_chroma(chroma, generation["token"], expected) if generation["store"] == "chroma" else
            compare_pgvector(connection, generation["generation"], expected))}


def tell(namespace, found):
    """Fails with the first differences of each part, when there are any."""
    text = "\n".join(f"{part}: {len(sentences)} differences\n  " + "\n  ".join(sentences[:FIRST])
                     for part, sentences in found.items() if sentences)
    assert not text, f"what is kept in {namespace.database} is not the log's fold\n{text}"


def assert_searchable(namespace, fold):
    """Full text is the fold's."""
    with snapshot(namespace, "search") as connection:
        tell(namespace, compare_search(connection, fold))


def assert_embedded(namespace, fold, model, topic):
    """The embeddings topic is the fold's."""
    tell(namespace, compare_embedding(namespace, fold, model, topic))


def assert_stored(namespace, fold, model, chroma=None):
    """The vectors that are asked are the fold's."""
    tell(namespace, compare_store(namespace, fold, model, chroma))


def assert_cached(namespace, fold):
    """The keys of Redis are the fold's."""
    tell(namespace, {"redis": redis_differences(namespace, fold, accesses_may_lag=True)})
