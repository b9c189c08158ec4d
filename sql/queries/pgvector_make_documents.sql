-- Creates the table of documents, with a row for each part. The columns that a scan compares and filters by come first.
-- {storage} keeps vectors in the row, so that a scan needs no second look-up, as long as a row fits on a page.
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
    part            smallint NOT NULL DEFAULT 0 -- from 0; all parts of a document have the same source_sequence
);
ALTER TABLE embeddings_{g} ALTER embedding SET STORAGE {storage}
