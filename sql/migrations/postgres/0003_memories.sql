-- Memories. One row each, soft deletes. A memory's identity is its id within its tenant and stream.
-- A version is valid from the recorded_at of the event that made it until that of the event that ended it.

-- What is remembered, as it is now.
CREATE TABLE memories (
    id               uuid             NOT NULL,
    tenant           text COLLATE "C" NOT NULL,
    stream_id        text COLLATE "C" NOT NULL,
    agent_id         text COLLATE "C",
    user_id          text COLLATE "C",
    run_id           text COLLATE "C",
    conversation_id  text COLLATE "C",
    memory_type      text COLLATE "C" NOT NULL,
    term             text COLLATE "C",          -- short_term or long_term
    content          jsonb            NOT NULL,
    metadata         jsonb            NOT NULL,
    tags             text[]           NOT NULL,
    entities         text[]           NOT NULL,
    confidence       double precision NOT NULL,
    importance       double precision NOT NULL,
    priority         integer          NOT NULL,
    created_at       timestamptz      NOT NULL, -- occurred_at of the event that created it
    updated_at       timestamptz      NOT NULL, -- occurred_at of the event that made this version
    expires_at       timestamptz,               -- of a short_term memory, 7 days after its creation unless given
    is_deleted       boolean          NOT NULL, -- its id can be created again; the version goes on counting
    is_archived      boolean          NOT NULL,
    tier             text COLLATE "C" NOT NULL,
    version          bigint           NOT NULL,
    source_event_id  uuid             NOT NULL, -- the event that made this version
    source_sequence  bigint           NOT NULL, -- its place in the ledger
    valid_from       timestamptz      NOT NULL, -- its recorded_at
    PRIMARY KEY (id, tenant, stream_id)
) WITH (fillfactor = 90);
CREATE INDEX memories_user ON memories (tenant, user_id, created_at, id);
CREATE INDEX memories_agent ON memories (tenant, agent_id, created_at, id);

-- The versions before the current one. Who made one, and why, is in the ledger at source_sequence.
CREATE TABLE memories_history (
    LIKE memories,
    superseded_sequence bigint      NOT NULL, -- the ledger's place of the event that ended the version
    valid_to            timestamptz NOT NULL, -- its recorded_at
    PRIMARY KEY (id, tenant, stream_id, version)
);
CREATE INDEX memories_history_user ON memories_history (tenant, user_id, created_at, id);
CREATE INDEX memories_history_agent ON memories_history (tenant, agent_id, created_at, id);

-- How often memories were read. Accesses are logged in a stream of their own, <subject>#access, so that reading never
-- makes a writer's expected version wrong; sums and latest times do not depend on the order of streams.
CREATE TABLE memory_access (
    memory_id        uuid             NOT NULL,
    tenant           text COLLATE "C" NOT NULL,
    stream_id        text COLLATE "C" NOT NULL, -- of the accesses: <the memory's stream>#access
    access_count     bigint           NOT NULL,
    last_accessed_at timestamptz      NOT NULL,
    PRIMARY KEY (tenant, stream_id, memory_id)
) WITH (fillfactor = 70);
