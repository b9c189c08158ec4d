-- Agents at work: what they decided, handed over, supposed and know, the users they know, and their runs.
-- Identities are within a tenant and stream, as those of memories are.

-- Decisions. Each is a memory of type decision too, with the same id.
CREATE TABLE agent_decisions (
    decision_id       uuid             NOT NULL,
    tenant            text COLLATE "C" NOT NULL,
    stream_id         text COLLATE "C" NOT NULL,
    agent_id          text COLLATE "C",
    user_id           text COLLATE "C",
    run_id            text COLLATE "C",
    conversation_id   text COLLATE "C",
    decision          text             NOT NULL,
    category          text COLLATE "C",
    urgency           text COLLATE "C",          -- low, medium, high or critical
    confidence        double precision,
    context           jsonb,                     -- what it was decided on
    insights_used     text[]           NOT NULL, -- memories it rests on
    triggering_events text[]           NOT NULL, -- events that led to it
    metadata          jsonb            NOT NULL,
    created_at        timestamptz      NOT NULL, -- occurred_at of its event
    version           bigint           NOT NULL,
    source_event_id   uuid             NOT NULL,
    source_sequence   bigint           NOT NULL,
    valid_from        timestamptz      NOT NULL,
    PRIMARY KEY (decision_id, tenant, stream_id)
);
CREATE INDEX agent_decisions_agent ON agent_decisions (tenant, agent_id, created_at);
CREATE INDEX agent_decisions_user ON agent_decisions (tenant, user_id, created_at);

-- Hand-offs. Each leaves a memory for the receiver, with the same id.
CREATE TABLE agent_handoffs (
    handoff_id      uuid             NOT NULL,
    tenant          text COLLATE "C" NOT NULL,
    stream_id       text COLLATE "C" NOT NULL,
    from_agent      text COLLATE "C" NOT NULL,
    to_agent        text COLLATE "C" NOT NULL,
    user_id         text COLLATE "C",
    run_id          text COLLATE "C",
    conversation_id text COLLATE "C",
    topic           text             NOT NULL,
    context         jsonb,                     -- what the receiver needs
    reason          text,
    created_at      timestamptz      NOT NULL,
    version         bigint           NOT NULL,
    source_event_id uuid             NOT NULL,
    source_sequence bigint           NOT NULL,
    valid_from      timestamptz      NOT NULL,
    PRIMARY KEY (handoff_id, tenant, stream_id)
);
CREATE INDEX agent_handoffs_receiver ON agent_handoffs (tenant, to_agent, created_at);

-- Hypotheses, and what became of them.
CREATE TABLE hypotheses (
    hypothesis_id    uuid             NOT NULL,
    tenant           text COLLATE "C" NOT NULL,
    stream_id        text COLLATE "C" NOT NULL,
    agent_id         text COLLATE "C",
    user_id          text COLLATE "C",
    run_id           text COLLATE "C",
    conversation_id  text COLLATE "C",
    hypothesis       text             NOT NULL,
    confidence       double precision,
    evidence         jsonb,                     -- what spoke for it when it was formed
    metadata         jsonb            NOT NULL,
    is_valid         boolean,                   -- null until it was put to the test
    final_confidence double precision,
    final_evidence   jsonb,                     -- what decided it
    created_at       timestamptz      NOT NULL,
    updated_at       timestamptz      NOT NULL,
    validated_at     timestamptz,               -- occurred_at of its latest test
    version          bigint           NOT NULL,
    source_event_id  uuid             NOT NULL,
    source_sequence  bigint           NOT NULL,
    valid_from       timestamptz      NOT NULL,
    PRIMARY KEY (hypothesis_id, tenant, stream_id)
);
CREATE INDEX hypotheses_agent ON hypotheses (tenant, agent_id, created_at);
CREATE INDEX hypotheses_user ON hypotheses (tenant, user_id, created_at);

-- What specialists know. Recording a piece again makes its next version.
CREATE TABLE knowledge (
    knowledge_id      uuid             NOT NULL,
    tenant            text COLLATE "C" NOT NULL,
    stream_id         text COLLATE "C" NOT NULL,
    agent_id          text COLLATE "C",
    user_id           text COLLATE "C",
    domain            text COLLATE "C" NOT NULL,
    knowledge_type    text COLLATE "C",
    content           text             NOT NULL,
    confidence        double precision,
    evidence          jsonb,                     -- what it rests on
    validation_status text COLLATE "C",          -- unvalidated, validated, disputed or refuted
    metadata          jsonb            NOT NULL,
    created_at        timestamptz      NOT NULL, -- occurred_at of the event that recorded it first
    updated_at        timestamptz      NOT NULL,
    version           bigint           NOT NULL,
    source_event_id   uuid             NOT NULL,
    source_sequence   bigint           NOT NULL,
    valid_from        timestamptz      NOT NULL,
    PRIMARY KEY (knowledge_id, tenant, stream_id)
);
CREATE INDEX knowledge_domain ON knowledge (tenant, domain, updated_at);
CREATE INDEX knowledge_agent ON knowledge (tenant, agent_id, updated_at);

-- The versions of knowledge before the current one.
CREATE TABLE knowledge_history (
    LIKE knowledge,
    superseded_sequence bigint      NOT NULL,
    valid_to            timestamptz NOT NULL,
    PRIMARY KEY (knowledge_id, tenant, stream_id, version)
);
CREATE INDEX knowledge_history_domain ON knowledge_history (tenant, domain, updated_at);

-- What is known of users. An event that leaves a field out leaves it as it was.
CREATE TABLE profiles (
    user_id         text COLLATE "C" NOT NULL,
    tenant          text COLLATE "C" NOT NULL,
    stream_id       text COLLATE "C" NOT NULL,
    profile         jsonb            NOT NULL,
    preferences     jsonb            NOT NULL, -- by domain
    source          text,                      -- where it came from
    created_at      timestamptz      NOT NULL,
    updated_at      timestamptz      NOT NULL,
    version         bigint           NOT NULL,
    source_event_id uuid             NOT NULL,
    source_sequence bigint           NOT NULL,
    valid_from      timestamptz      NOT NULL,
    PRIMARY KEY (tenant, stream_id, user_id)
);
CREATE INDEX profiles_user ON profiles (tenant, user_id);

-- The versions of profiles before the current one.
CREATE TABLE profiles_history (
    LIKE profiles,
    superseded_sequence bigint      NOT NULL,
    valid_to            timestamptz NOT NULL,
    PRIMARY KEY (tenant, stream_id, user_id, version)
);
CREATE INDEX profiles_history_user ON profiles_history (tenant, user_id);

-- What runs of flows recorded.
CREATE TABLE flow_run_history (
    flow_run_id     uuid             NOT NULL,
    tenant          text COLLATE "C" NOT NULL,
    stream_id       text COLLATE "C" NOT NULL,
    flow            text COLLATE "C" NOT NULL,
    run             text COLLATE "C",          -- the caller's name of the run
    agent_id        text COLLATE "C",
    user_id         text COLLATE "C",
    run_id          text COLLATE "C",
    data            jsonb            NOT NULL,
    created_at      timestamptz      NOT NULL,
    version         bigint           NOT NULL,
    source_event_id uuid             NOT NULL,
    source_sequence bigint           NOT NULL,
    valid_from      timestamptz      NOT NULL,
    PRIMARY KEY (flow_run_id, tenant, stream_id)
);
CREATE INDEX flow_run_history_flow ON flow_run_history (tenant, flow, created_at);

-- What tasks gave.
CREATE TABLE task_outputs (
    task_output_id  uuid             NOT NULL,
    tenant          text COLLATE "C" NOT NULL,
    stream_id       text COLLATE "C" NOT NULL,
    task            text COLLATE "C" NOT NULL,
    agent_id        text COLLATE "C",
    user_id         text COLLATE "C",
    run_id          text COLLATE "C",
    output          jsonb            NOT NULL,
    metadata        jsonb            NOT NULL,
    created_at      timestamptz      NOT NULL,
    version         bigint           NOT NULL,
    source_event_id uuid             NOT NULL,
    source_sequence bigint           NOT NULL,
    valid_from      timestamptz      NOT NULL,
    PRIMARY KEY (task_output_id, tenant, stream_id)
);
CREATE INDEX task_outputs_task ON task_outputs (tenant, task, created_at);

-- Every operation: who did what to what, when, and what was decided about it.
CREATE VIEW audit_log AS
SELECT sequence_id, recorded_at, occurred_at, tenant, coalesce(actor, agent_id, user_id) AS actor,
       event_type AS operation, stream_id,
       coalesce(payload ->> 'memory_id', payload ->> 'conversation_id', payload ->> 'decision_id',
                payload ->> 'handoff_id', payload ->> 'hypothesis_id', payload ->> 'knowledge_id',
                payload ->> 'flow_run_id', payload ->> 'task_output_id') AS subject_id,
       verdict, payload ->> 'reason' AS reason, event_id, metadata ->> 'correlation_id' AS correlation_id,
       metadata ->> 'causation_id' AS causation_id
FROM events;

-- Everything by time, in one shape.
CREATE VIEW memory_timeline AS
SELECT m.tenant, m.user_id, m.agent_id, m.conversation_id, m.created_at AS at, m.memory_type AS type,
       m.id::text AS reference, coalesce(m.content ->> 'text', m.content::text) AS summary,
       least(1, m.importance + 0.01 * coalesce(a.access_count, 0)) AS importance,
       coalesce(a.access_count, 0) AS access_count, m.is_archived
FROM memories m
LEFT JOIN memory_access a
       ON a.tenant = m.tenant AND a.stream_id = m.stream_id || '#access' AND a.memory_id = m.id
WHERE NOT m.is_deleted
UNION ALL
SELECT t.tenant, c.user_id, c.agent_id, t.conversation_id, t.created_at, 'turn',
       t.conversation_id || '/' || t.turn_index, coalesce(t.speaker, t.role) || ': ' || t.content, NULL, 0, NOT c.is_active
FROM conversation_turns t
JOIN conversations c ON c.tenant = t.tenant AND c.stream_id = t.stream_id AND c.conversation_id = t.conversation_id
WHERE NOT c.is_deleted
UNION ALL
SELECT tenant, user_id, agent_id, conversation_id, created_at, 'hypothesis', hypothesis_id::text, hypothesis, confidence,
       0, false
FROM hypotheses
UNION ALL
SELECT tenant, user_id, agent_id, NULL, updated_at, 'knowledge', knowledge_id::text, domain || ': ' || content,
       confidence, 0, false
FROM knowledge;
