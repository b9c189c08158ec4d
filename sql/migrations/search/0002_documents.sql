-- The projection `search`: the texts of memories and turns, as full text finds them. One row for each live memory and each
-- turn whose text is not blank.

-- How texts are made into words; what is looked for must be made so too.
CREATE TABLE search_settings (
    is_only            boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    text_search_config text NOT NULL -- MNEME_TEXT_SEARCH_CONFIG, when the projection began
);

-- What can be found now.
CREATE TABLE documents (
    tenant          text COLLATE "C" NOT NULL,
    stream_id       text COLLATE "C" NOT NULL,
    kind            text COLLATE "C" NOT NULL, -- memory or turn
    ref             text COLLATE "C" NOT NULL, -- a memory's id; "<turn_index>/<conversation_id>" of a turn
    user_id         text COLLATE "C",          -- this and the next as in the event that created it
    agent_id        text COLLATE "C",          -- of a hand-off, the receiver
    run_id          text COLLATE "C",
    conversation_id text COLLATE "C",
    position        bigint,                    -- its place in the conversation
    speaker         text,                      -- who says it
    role            text COLLATE "C",          -- of a turn
    created_at      timestamptz      NOT NULL, -- occurred_at of the event that created it
    source_sequence bigint           NOT NULL, -- of the event that last changed the text, in the ledger
    valid_from      timestamptz      NOT NULL, -- the recorded_at of that event
    text            text             NOT NULL,
    lexemes         tsvector         NOT NULL, -- of the day of created_at and the text
    length          integer          NOT NULL, -- of the lexemes, each as often as it occurs
    PRIMARY KEY (tenant, stream_id, kind, ref)
);

-- Words within a user or an agent: one index for both, so that a scope's few documents are found among the many that have
-- a common word.
CREATE INDEX documents_words ON documents
    USING gin (array_remove(ARRAY[tenant || '/user/' || user_id, tenant || '/agent/' || agent_id], NULL), lexemes);
CREATE INDEX documents_user ON documents (tenant, user_id) INCLUDE (length);
CREATE INDEX documents_agent ON documents (tenant, agent_id) INCLUDE (length) WHERE agent_id IS NOT NULL;
CREATE INDEX documents_conversation ON documents (tenant, conversation_id, position) WHERE conversation_id IS NOT NULL;

-- What could be found before.
CREATE TABLE documents_history (
    LIKE documents,
    superseded_sequence bigint      NOT NULL, -- the ledger's place of the event that changed or removed it
    valid_to            timestamptz NOT NULL, -- its recorded_at
    PRIMARY KEY (tenant, stream_id, kind, ref, source_sequence)
);
CREATE INDEX documents_history_user ON documents_history (tenant, user_id);
CREATE INDEX documents_history_agent ON documents_history (tenant, agent_id) WHERE agent_id IS NOT NULL;

-- What could be found at a time or position, as in the functions of the ledger's tables.
CREATE FUNCTION documents_as_of(as_of timestamptz, as_of_partition integer DEFAULT NULL, as_of_sequence bigint DEFAULT NULL)
RETURNS SETOF documents LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT d.*
    FROM documents AS d
    WHERE happened(d.source_sequence, d.valid_from, as_of, as_of_partition, as_of_sequence)
    UNION ALL
    SELECT h.tenant, h.stream_id, h.kind, h.ref, h.user_id, h.agent_id, h.run_id, h.conversation_id, h.position, h.speaker,
           h.role, h.created_at, h.source_sequence, h.valid_from, h.text, h.lexemes, h.length
    FROM documents_history AS h
    WHERE as_of IS NOT NULL
      AND happened(h.source_sequence, h.valid_from, as_of, as_of_partition, as_of_sequence)
      AND NOT happened(h.superseded_sequence, h.valid_to, as_of, as_of_partition, as_of_sequence)
$$;
