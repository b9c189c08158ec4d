-- Which memories are kept.

-- What was said last of a scope. Memories of it that are below min_priority, older than max_age_days and of an importance,
-- as it is shown, under score_threshold are to be archived; what is null does not count, and of a policy in which all
-- three are null nothing is. Whoever carries a policy out publishes memory_archived events: the policy alone changes no
-- memory.
CREATE TABLE retention_policies (
    policy_id       uuid             NOT NULL, -- made of the scope
    tenant          text COLLATE "C" NOT NULL,
    stream_id       text COLLATE "C" NOT NULL,
    user_id         text COLLATE "C",          -- of the scope: null means any
    agent_id        text COLLATE "C",
    run_id          text COLLATE "C",
    conversation_id text COLLATE "C",
    min_priority    integer,                   -- priorities from this on are kept
    max_age_days    integer,                   -- memories up to this age, by created_at, are kept
    score_threshold double precision,          -- memories of this importance and above are kept
    created_at      timestamptz      NOT NULL, -- occurred_at of the first event of the scope
    updated_at      timestamptz      NOT NULL,
    version         bigint           NOT NULL,
    source_event_id uuid             NOT NULL,
    source_sequence bigint           NOT NULL,
    valid_from      timestamptz      NOT NULL,
    PRIMARY KEY (policy_id, tenant, stream_id)
);
CREATE INDEX retention_policies_user ON retention_policies (tenant, user_id);
CREATE INDEX retention_policies_agent ON retention_policies (tenant, agent_id);

-- The policies before the current ones.
CREATE TABLE retention_policies_history (
    LIKE retention_policies,
    superseded_sequence bigint      NOT NULL,
    valid_to            timestamptz NOT NULL,
    PRIMARY KEY (policy_id, tenant, stream_id, version)
);
