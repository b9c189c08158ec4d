-- The projection `embed`: what has a vector on an embeddings topic, and the vectors that models gave before.

-- The documents whose record is on the topic of a model; so that it is known which records of a conversation's turns are to
-- be taken back.
CREATE TABLE documents (
    model           text COLLATE "C" NOT NULL,
    tenant          text COLLATE "C" NOT NULL,
    stream_id       text COLLATE "C" NOT NULL,
    kind            text COLLATE "C" NOT NULL, -- memory or turn
    ref             text COLLATE "C" NOT NULL, -- a memory's id; "<turn_index>/<conversation_id>" of a turn
    conversation_id text COLLATE "C",
    source_sequence bigint           NOT NULL, -- of the event that last changed the text, in the ledger
    text_hash       bytea            NOT NULL, -- SHA-256
    PRIMARY KEY (model, tenant, stream_id, kind, ref)
);
CREATE INDEX documents_turns ON documents (model, tenant, stream_id, conversation_id) WHERE kind = 'turn';

-- No text is embedded twice by one model.
CREATE TABLE cache (
    model      text COLLATE "C" NOT NULL,
    input_hash bytea       NOT NULL, -- SHA-256 of the passage prefix and the text
    vector     bytea       NOT NULL, -- single-precision numbers, little-endian
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model, input_hash)
);
