-- Conversations and their turns. A conversation's identity is its id within its tenant and stream.

-- A conversation as it is now. One that is created again after its deletion begins without turns.
CREATE TABLE conversations (
    conversation_id  text COLLATE "C" NOT NULL,
    tenant           text COLLATE "C" NOT NULL,
    stream_id        text COLLATE "C" NOT NULL,
    user_id          text COLLATE "C",
    agent_id         text COLLATE "C",
    title            text,
    metadata         jsonb            NOT NULL,
    is_active        boolean          NOT NULL, -- until it is closed
    is_deleted       boolean          NOT NULL,
    turn_count       bigint           NOT NULL, -- the index of the next turn
    created_at       timestamptz      NOT NULL,
    updated_at       timestamptz      NOT NULL, -- occurred_at of the event that made this version
    last_activity_at timestamptz      NOT NULL, -- the latest occurred_at of its creation and its turns
    version          bigint           NOT NULL, -- counts changes of the conversation itself, not its turns
    source_event_id  uuid             NOT NULL,
    source_sequence  bigint           NOT NULL, -- of the event that made this version, in the ledger
    valid_from       timestamptz      NOT NULL, -- its recorded_at
    PRIMARY KEY (tenant, stream_id, conversation_id)
) WITH (fillfactor = 80);
CREATE INDEX conversations_id ON conversations (tenant, conversation_id);
CREATE INDEX conversations_user ON conversations (tenant, user_id, last_activity_at DESC);

-- The turns of conversations.
CREATE TABLE conversation_turns (
    conversation_id text COLLATE "C" NOT NULL,
    tenant          text COLLATE "C" NOT NULL,
    stream_id       text COLLATE "C" NOT NULL,
    turn_index      bigint           NOT NULL, -- from 0; gaps are possible where the publisher gives it
    role            text COLLATE "C" NOT NULL,
    speaker         text,
    content         text             NOT NULL,
    content_hash    bytea            NOT NULL, -- SHA-256 of the content
    token_count     bigint,
    model           text COLLATE "C",
    metadata        jsonb            NOT NULL,
    created_at      timestamptz      NOT NULL, -- occurred_at of its event
    source_event_id uuid             NOT NULL,
    source_sequence bigint           NOT NULL, -- of its event, in the ledger
    valid_from      timestamptz      NOT NULL, -- the recorded_at of its event
    PRIMARY KEY (tenant, stream_id, conversation_id, turn_index)
);

-- The versions of conversations before the current one; turn_count and last_activity_at as they were at its end.
CREATE TABLE conversations_history (
    LIKE conversations,
    superseded_sequence bigint      NOT NULL,
    valid_to            timestamptz NOT NULL,
    PRIMARY KEY (tenant, stream_id, conversation_id, version)
);
CREATE INDEX conversations_history_id ON conversations_history (tenant, conversation_id);
CREATE INDEX conversations_history_user ON conversations_history (tenant, user_id);

-- Turns that went when their conversation was created again.
CREATE TABLE conversation_turns_history (
    LIKE conversation_turns,
    superseded_sequence bigint      NOT NULL,
    valid_to            timestamptz NOT NULL,
    PRIMARY KEY (tenant, stream_id, conversation_id, turn_index, source_sequence)
);

-- What ties memories to the conversations they came from.
CREATE TABLE conversation_memories (
    conversation_id   text COLLATE "C" NOT NULL,
    tenant            text COLLATE "C" NOT NULL,
    stream_id         text COLLATE "C" NOT NULL,
    memory_id         uuid             NOT NULL,
    message_context   jsonb,                     -- the turns it came from
    insights          jsonb,                     -- what was learned
    follow_up_actions jsonb,                     -- what to do next
    created_at        timestamptz      NOT NULL, -- occurred_at of the event that tied them first
    updated_at        timestamptz      NOT NULL,
    version           bigint           NOT NULL,
    source_event_id   uuid             NOT NULL,
    source_sequence   bigint           NOT NULL,
    valid_from        timestamptz      NOT NULL,
    PRIMARY KEY (tenant, stream_id, conversation_id, memory_id)
);
CREATE INDEX conversation_memories_memory ON conversation_memories (tenant, memory_id);
