-- Creates the tables of a generation that do not depend on its dimensions. {g} is its number.
CREATE TABLE IF NOT EXISTS raw_vectors_{g} (
    source_sequence bigint NOT NULL,
    tenant      text COLLATE "C" NOT NULL,
    stream_id   text COLLATE "C" NOT NULL,
    kind        text COLLATE "C" NOT NULL,
    ref         text COLLATE "C" NOT NULL,
    collection  text COLLATE "C" NOT NULL,
    vector_id   text COLLATE "C" NOT NULL,
    embedding   vector NOT NULL,
    metadata    json -- as it was written
);
CREATE TABLE IF NOT EXISTS removed_vectors_{g} ( -- what was removed, so that an older record does not bring it back
    source_sequence bigint NOT NULL,
    tenant      text COLLATE "C" NOT NULL,
    stream_id   text COLLATE "C" NOT NULL,
    kind        text COLLATE "C" NOT NULL,
    ref         text COLLATE "C" NOT NULL
)
