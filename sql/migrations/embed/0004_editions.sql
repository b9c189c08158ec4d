-- The records of a model may be made again, into an edition of their own: all of them, made once from a log, on a topic of
-- their own.

-- Which edition of a model's records counts; without a row, the first.
CREATE TABLE editions (
    model   text COLLATE "C" PRIMARY KEY,
    edition integer NOT NULL
);

ALTER TABLE documents
    ADD COLUMN edition integer NOT NULL DEFAULT 1, -- of the model's records
    DROP CONSTRAINT documents_pkey,
    ADD PRIMARY KEY (model, edition, tenant, stream_id, kind, ref)
;
