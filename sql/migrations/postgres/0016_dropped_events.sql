-- What is never applied any more.

-- Parked events that a person has dropped: the projection passes over them now and in every rebuild, and where it is the
-- ledger, every other one does, too. The columns up to parked_at are those that they had among the parked events.
CREATE TABLE dropped_events (
    projection   text        NOT NULL, -- embed.MODEL stands for every model, vectors for every generation
    topic        text        NOT NULL,
    partition    integer     NOT NULL,
    kafka_offset bigint      NOT NULL,
    key          bytea,
    value        bytea       NOT NULL,
    reason       text        NOT NULL, -- why it was parked
    blocked_by   bigint      NOT NULL,
    recorded_at  timestamptz NOT NULL,
    parked_at    timestamptz NOT NULL,
    note         text,                 -- why it was dropped, as the person said
    dropped_by   text        NOT NULL, -- the application_name of the session
    dropped_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (projection, topic, partition, kafka_offset)
);

-- What was dropped in the ledger, for the other projections; of the log that it folds.
CREATE VIEW ledger_dropped AS
SELECT d.partition AS kafka_partition, d.kafka_offset
FROM dropped_events AS d
WHERE d.projection = 'postgres'
  AND EXISTS (SELECT FROM progress AS p
              WHERE p.projection = d.projection AND p.topic = d.topic AND p.partition = d.partition);

-- The events that have no effect, for the other projections: refused by their verdict, parked, or dropped.
CREATE OR REPLACE VIEW ledger_exceptions AS
SELECT kafka_partition, kafka_offset FROM verdict_exceptions
UNION ALL
SELECT partition, kafka_offset FROM parked_events WHERE projection = 'postgres'
UNION ALL
SELECT kafka_partition, kafka_offset FROM ledger_dropped;
