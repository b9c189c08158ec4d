-- The table of documents, a row for each part. What a scan compares and what it decides by come first; {storage} keeps
-- vectors in the row, where a scan needs no second look-up, as long as a row fits a page.
CREATE TABLE IF NOT EXISTS embeddings_{g} (
    source_sequence bigint NOT NULL,
    created_at      timestamptz NOT NULL,
    tenant          text COLLATE "C" NOT NULL,
    user_id         text COLLATE "C",
    agent_id        text COLLATE "C",
    run_id          text COLLATE "C",
    conversation_id text COLLATE "C",
    embedding       vector({d}) NOT NULL,
    stream_id       text COLLATE "C" NOT NULL,
    kind            text COLLATE "C" NOT NULL,
    ref             text COLLATE "C" NOT NULL,
    part            smallint NOT NULL DEFAULT 0 -- 0 the first; all parts of a document are of one source_sequence
);
ALTER TABLE embeddings_{g} ALTER embedding SET STORAGE {storage}
