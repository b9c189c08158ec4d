-- Working memory: what an agent holds of a conversation between two turns. Its last turns are those of
-- conversation_turns; goal, thoughts and context are here. Nothing is taken out when it is cleared: what an event made
-- before is behind the mark from then on.

-- One row for each conversation that has any.
CREATE TABLE working_memory (
    conversation_id          text COLLATE "C" NOT NULL, -- whether there is such a conversation or not
    tenant                   text COLLATE "C" NOT NULL,
    stream_id                text COLLATE "C" NOT NULL,
    user_id                  text COLLATE "C",
    agent_id                 text COLLATE "C",
    goal                     text,
    cleared_sequence         bigint           NOT NULL, -- turns and thoughts up to this source_sequence are forgotten; -1: none
    context_cleared_sequence bigint           NOT NULL, -- and keys and events of the context up to this one
    entry_count              bigint           NOT NULL, -- the index of the next entry
    created_at               timestamptz      NOT NULL,
    updated_at               timestamptz      NOT NULL,
    version                  bigint           NOT NULL, -- counts goals and clears, not entries and keys
    source_event_id          uuid             NOT NULL,
    source_sequence          bigint           NOT NULL, -- of the event that made this version, in the ledger
    valid_from               timestamptz      NOT NULL, -- its recorded_at
    PRIMARY KEY (tenant, stream_id, conversation_id)
) WITH (fillfactor = 80);

-- Thoughts, and events of the context, in their order.
CREATE TABLE working_entries (
    conversation_id text COLLATE "C" NOT NULL,
    tenant          text COLLATE "C" NOT NULL,
    stream_id       text COLLATE "C" NOT NULL,
    entry_index     bigint           NOT NULL, -- from 0
    kind            text COLLATE "C" NOT NULL, -- thought or event
    thought         text,                      -- of a thought
    metadata        jsonb,                     -- of a thought
    event           jsonb,                     -- of an event
    created_at      timestamptz      NOT NULL, -- occurred_at of its event
    source_event_id uuid             NOT NULL,
    source_sequence bigint           NOT NULL, -- of its event, in the ledger
    valid_from      timestamptz      NOT NULL,
    PRIMARY KEY (tenant, stream_id, conversation_id, kind, entry_index)
);

-- What the keys of a context hold. A key is there until it is deleted, the context is cleared, or its time is over.
CREATE TABLE context_keys (
    conversation_id text COLLATE "C" NOT NULL,
    tenant          text COLLATE "C" NOT NULL,
    stream_id       text COLLATE "C" NOT NULL,
    key             text COLLATE "C" NOT NULL,
    value           jsonb            NOT NULL,
    ttl_s           bigint           NOT NULL,
    expires_at      timestamptz      NOT NULL, -- ttl_s seconds behind occurred_at or recorded_at, whichever is earlier
    is_deleted      boolean          NOT NULL,
    created_at      timestamptz      NOT NULL,
    updated_at      timestamptz      NOT NULL,
    version         bigint           NOT NULL,
    source_event_id uuid             NOT NULL,
    source_sequence bigint           NOT NULL,
    valid_from      timestamptz      NOT NULL,
    PRIMARY KEY (tenant, stream_id, conversation_id, key)
) WITH (fillfactor = 80);

-- The versions before the current ones.
CREATE TABLE working_memory_history (
    LIKE working_memory,
    superseded_sequence bigint      NOT NULL,
    valid_to            timestamptz NOT NULL,
    PRIMARY KEY (tenant, stream_id, conversation_id, version)
);
CREATE TABLE context_keys_history (
    LIKE context_keys,
    superseded_sequence bigint      NOT NULL,
    valid_to            timestamptz NOT NULL,
    PRIMARY KEY (tenant, stream_id, conversation_id, key, version)
);
