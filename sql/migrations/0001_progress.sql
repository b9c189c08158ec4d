-- How far a projection has come: what the schema of every projection begins with.

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
