-- Messages that no program here can read: who waits for them, and which were parked by hand.

-- Messages that a person has parked: every projection parks them, whether it could read them or not, and so does a
-- rebuild. Its log is named, since embeddings have one of their own.
CREATE TABLE hand_parked (
    topic        text        NOT NULL,
    partition    integer     NOT NULL,
    kafka_offset bigint      NOT NULL,
    reason       text        NOT NULL,
    parked_by    text        NOT NULL, -- the application_name of the session
    parked_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, kafka_offset)
);

-- Where a worker waits for the schema of a message. A row whose offset its projection has passed tells nothing.
CREATE TABLE schema_waits (
    projection   text        NOT NULL,
    topic        text        NOT NULL,
    partition    integer     NOT NULL,
    kafka_offset bigint      NOT NULL,
    reason       text        NOT NULL,
    since        timestamptz NOT NULL,
    looked_at    timestamptz NOT NULL, -- the last attempt
    PRIMARY KEY (projection, topic, partition)
);
