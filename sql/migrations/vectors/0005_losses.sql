-- That what vectors are made from is gone.

-- What workers and commands have seen of a generation's records: that they, or the log that they come from, are lost or are
-- others now. Forgotten as soon as it is seen that it is not so.
CREATE TABLE losses (
    generation integer     NOT NULL,
    seen_by    text        NOT NULL, -- embed: of the log; vectors: of the records
    reason     text        NOT NULL,
    seen_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (generation, seen_by)
);
