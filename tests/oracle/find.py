"""What is found again, against the oracle's fold: full text, what the embedder remembers, the embeddings topic, and the
vectors of the generation that answers."""

from oracle.compare import FIRST, TABLES, compare_progress, compare_rows, read_table, snapshot
from oracle.compare_vectors import (IDENTITY, active_generation, compare_chroma, compare_pgvector, expected_vectors,
                                    leftovers)
from oracle.documents import lexical_text

CHUNK = 1000
# As Postgres makes words of the oracle's own text; a document is as long as its words are many.
WORDS = """
SELECT lexemes::text, coalesce((SELECT sum(cardinality(positions)) FROM unnest(lexemes)), 0)::integer
FROM unnest(%s::text[]) WITH ORDINALITY AS t(text, n)
CROSS JOIN LATERAL to_tsvector('english', t.text) AS lexemes
ORDER BY n
"""


def with_words(connection, documents):
    """The documents with what full text makes of them."""
    rows = {}
    places = list(documents)
    for start in range(0, len(places), CHUNK):
        chunk = places[start:start + CHUNK]
        words = connection.execute(WORDS, ([lexical_text(documents[place]) for place in chunk],)).fetchall()
        for place, (lexemes, length) in zip(chunk, words, strict=True):
            rows[place] = {**documents[place], "lexemes": lexemes, "length": length}
    return rows


def compare_parked(connection, fold, projection):
    """What one group cannot decode, every group parks."""
    expected = {(projection, *place[1:]): row for place, row in fold.parked_events.items()}
    return compare_rows("parked_events", expected, read_table(connection, "parked_events", TABLES["parked_events"][0]))


def compare_search(connection, fold):
    """Full text: every column of what is there and of what was."""
    history = (*IDENTITY, "source_sequence")
    return {
        "documents": compare_rows("documents", with_words(connection, fold.documents.live),
                                  read_table(connection, "documents", IDENTITY), (IDENTITY, ())),
        "documents_history": compare_rows("documents_history", with_words(connection, fold.documents.history),
                                          read_table(connection, "documents_history", history), (history, ())),
        "search parked": compare_parked(connection, fold, "search"),
        "search progress": compare_progress(fold, connection, "search"),
    }


def differences(namespace, fold, vector_of, chroma=None):
    """All differences, as {part: [sentence]}; empty when everything is the fold's."""
    with snapshot(namespace, "search") as connection:
        found = compare_search(connection, fold)
    with snapshot(namespace, "vectors") as connection:
        generation = active_generation(connection)
        expected = expected_vectors(fold, vector_of, generation["passage_prefix"])
        found["vectors"] = leftovers(connection) + (
            compare_chroma(chroma, generation["token"], expected) if generation["store"] == "chroma" else
            compare_pgvector(connection, generation["generation"], expected))
    return {part: sentences for part, sentences in found.items() if sentences}


def tell(namespace, found):
    """Fails with the first differences of each part, when there are any."""
    text = "\n".join(f"{part}: {len(sentences)} differences\n  " + "\n  ".join(sentences[:FIRST])
                     for part, sentences in found.items() if sentences)
    assert not text, f"what is kept in {namespace.database} is not the log's fold\n{text}"


def assert_searchable(namespace, fold):
    """Full text alone is the fold's."""
    with snapshot(namespace, "search") as connection:
        tell(namespace, compare_search(connection, fold))


def assert_found(namespace, fold, *of):
    """`of` is as in differences."""
    tell(namespace, differences(namespace, fold, *of))
