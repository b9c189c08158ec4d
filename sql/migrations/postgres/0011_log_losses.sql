-- What the log lost.

-- Offsets that the log had lost before a rebuild, and that whoever ran it accepted as lost (`--accept-loss`): the tables
-- hold what comes behind them, and the chain of the ledger begins behind them.
CREATE TABLE log_losses (
    topic           text        NOT NULL,
    kafka_partition integer     NOT NULL,
    first_offset    bigint      NOT NULL,
    last_offset     bigint      NOT NULL,
    head_sequence   bigint,               -- where the former chain ended: rows up to there are on no chain any more
    accepted_at     timestamptz NOT NULL,
    accepted_by     text        NOT NULL, -- the user and the machine of the rebuild
    PRIMARY KEY (topic, kafka_partition, first_offset)
);
