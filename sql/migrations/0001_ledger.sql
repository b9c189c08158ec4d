-- The ledger, its verdicts, the streams, and how far each projection has come.
-- Names and ids compare by bytes (COLLATE "C"): that is what identity means here, it is the fastest, and an index
-- stays right when the system's locale data changes.

-- What the fold decided about an event.
CREATE TYPE verdict AS ENUM ('accepted', 'rejected', 'duplicate', 'not_found', 'exists');

-- Every event of the log with its verdict. sequence_id = offset * 4096 + partition.
CREATE TABLE events (
    sequence_id      bigint           NOT NULL,
    event_id         uuid             NOT NULL,
    tenant           text COLLATE "C" NOT NULL,
    stream_id        text COLLATE "C" NOT NULL,
    event_type       text COLLATE "C" NOT NULL,
    version          bigint,                    -- of the stream; null unless accepted
    verdict          verdict          NOT NULL,
    expected_version bigint,                    -- of the stream, as the publisher gave it
    actual_version   bigint,                    -- of the stream, memory or conversation, where the verdict is not accepted
    payload          jsonb            NOT NULL,
    metadata         jsonb            NOT NULL, -- with correlation_id and causation_id
    agent_id         text COLLATE "C",
    user_id          text COLLATE "C",
    run_id           text COLLATE "C",
    conversation_id  text COLLATE "C",
    actor            text COLLATE "C",
    occurred_at      timestamptz      NOT NULL, -- the caller's clock
    recorded_at      timestamptz      NOT NULL, -- the log's clock
    kafka_partition  integer          NOT NULL,
    kafka_offset     bigint           NOT NULL,
    PRIMARY KEY (sequence_id)
);
CREATE UNIQUE INDEX events_stream_version ON events (tenant, stream_id, version);
CREATE UNIQUE INDEX events_event_id ON events (event_id, tenant, stream_id) WHERE verdict <> 'duplicate';

-- All verdicts but accepted, by position: what other projections read to agree with the ledger.
CREATE TABLE verdict_exceptions (
    kafka_partition integer NOT NULL,
    kafka_offset    bigint  NOT NULL,
    verdict         verdict NOT NULL,
    actual_version  bigint,
    PRIMARY KEY (kafka_partition, kafka_offset)
);

-- The current version of each stream. event_id_high and memory_id_high are the highest version 7 ids seen in it:
-- an id above them is new, without a look into the ledger.
CREATE TABLE streams (
    tenant          text COLLATE "C" NOT NULL,
    stream_id       text COLLATE "C" NOT NULL,
    version         bigint           NOT NULL, -- how many of its events were accepted
    event_id_high   uuid,
    memory_id_high  uuid,
    kafka_partition integer          NOT NULL,
    updated_at      timestamptz      NOT NULL, -- the log's time of its last event
    PRIMARY KEY (tenant, stream_id)
) WITH (fillfactor = 50);

-- How far a projection has folded each partition. Moved by compare-and-set in the transaction of the rows.
CREATE TABLE progress (
    projection       text        NOT NULL,
    topic            text        NOT NULL,
    partition        integer     NOT NULL,
    next_offset      bigint      NOT NULL,
    last_digest      bytea,                -- of the event before it, by which the topic is recognised
    epoch            bigint      NOT NULL, -- of the writer; a claim raises it and so fences the writer before
    owner            text        NOT NULL, -- the application_name of the writer's connection
    topic_partitions integer     NOT NULL, -- when the projection began; another count is another order
    updated_at       timestamptz NOT NULL,
    PRIMARY KEY (projection, topic, partition)
) WITH (fillfactor = 50);

-- Events that can never be applied, and later events of their keys behind them.
CREATE TABLE parked_events (
    projection   text        NOT NULL,
    topic        text        NOT NULL,
    partition    integer     NOT NULL,
    kafka_offset bigint      NOT NULL,
    key          bytea,
    value        bytea       NOT NULL,
    reason       text        NOT NULL,
    blocked_by   bigint      NOT NULL, -- offset of the event that it waits behind; its own offset if none
    recorded_at  timestamptz NOT NULL,
    parked_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (projection, topic, partition, kafka_offset)
);
