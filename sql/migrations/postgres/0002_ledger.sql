-- The ledger, its verdicts, and the streams.
-- Names and ids compare by bytes (COLLATE "C"): that is what identity means here, it is the fastest, and an index
-- stays right when the system's locale data changes.

-- What the fold decided about an event.
CREATE TYPE verdict AS ENUM ('accepted', 'rejected', 'duplicate', 'not_found', 'exists');

-- Every event of the log with its verdict. sequence_id = offset * 4096 + partition. The rows lie in tables of one month
-- each, events_YYYY_MM by recorded_at in UTC, made by ledger_make_month; the indexes belong to those.
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
    hash             bytea            NOT NULL  -- SHA-256 of the hash before it in its partition and this row's fields
) PARTITION BY RANGE (recorded_at);

-- Where the chain of hashes ends in each partition of the log.
CREATE TABLE ledger_heads (
    kafka_partition integer NOT NULL,
    sequence_id     bigint  NOT NULL, -- of the partition's last row
    hash            bytea   NOT NULL, -- of that row
    PRIMARY KEY (kafka_partition)
) WITH (fillfactor = 50);

-- What the chain is without the months that are detached: rows that follow each other in a partition of the log.
CREATE TABLE ledger_bases (
    kafka_partition integer NOT NULL,
    first_offset    bigint  NOT NULL,
    last_offset     bigint  NOT NULL,
    row_count       bigint  NOT NULL,
    previous_hash   bytea   NOT NULL, -- of the row before the first; zeros if there was none
    hash            bytea   NOT NULL, -- of the last row
    month           date    NOT NULL, -- that is detached
    PRIMARY KEY (kafka_partition, first_offset)
);

-- The ids of events whose month is detached: a late duplicate of them is still one.
CREATE TABLE detached_event_ids (
    event_id  uuid             NOT NULL,
    tenant    text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    month     date             NOT NULL,
    PRIMARY KEY (event_id, tenant, stream_id)
);

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

-- How far the ledger is, for the other projections: they have tables of the same names in schemas of their own.
CREATE VIEW ledger_progress AS
SELECT topic, partition, next_offset FROM progress WHERE projection = 'postgres';

-- The events that have no effect, for the other projections: refused by their verdict, or parked.
CREATE VIEW ledger_exceptions AS
SELECT kafka_partition, kafka_offset FROM verdict_exceptions
UNION ALL
SELECT partition, kafka_offset FROM parked_events WHERE projection = 'postgres';
