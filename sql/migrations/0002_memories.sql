-- Memories. One row each, soft deletes. A memory's identity is its id within its tenant and stream.

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
    access_count     bigint           NOT NULL,
    last_accessed_at timestamptz,
    created_at       timestamptz      NOT NULL, -- occurred_at of the event that created it
    updated_at       timestamptz      NOT NULL, -- occurred_at of the event that made this version
    expires_at       timestamptz,               -- of a short_term memory, 7 days after its creation unless given
    is_deleted       boolean          NOT NULL, -- its id can be created again; the version goes on counting
    is_archived      boolean          NOT NULL,
    tier             text COLLATE "C" NOT NULL,
    version          bigint           NOT NULL,
    source_event_id  uuid             NOT NULL, -- the event that made this version
    PRIMARY KEY (id, tenant, stream_id)
) WITH (fillfactor = 90);
CREATE INDEX memories_user ON memories (tenant, user_id, created_at, id);
CREATE INDEX memories_agent ON memories (tenant, agent_id, created_at, id);
