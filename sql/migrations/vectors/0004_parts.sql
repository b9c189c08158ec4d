-- A long text has a vector for each part of it. Tables of generations that are there get the column, and a key with it.

DO $$
DECLARE
    g integer;
BEGIN
    FOR g IN SELECT generation FROM generations WHERE to_regclass(format('embeddings_%s', generation)) IS NOT NULL LOOP
        EXECUTE format('ALTER TABLE embeddings_%s ADD COLUMN part smallint NOT NULL DEFAULT 0', g);
        -- One that is being filled has no indexes yet.
        IF to_regclass(format('embeddings_%s_key', g)) IS NOT NULL THEN
            EXECUTE format('DROP INDEX embeddings_%s_key', g);
            EXECUTE format('CREATE UNIQUE INDEX embeddings_%1$s_key ON embeddings_%1$s (tenant, stream_id, kind, ref, part)', g);
        END IF;
    END LOOP;
END
$$;

ALTER TABLE stored_documents
    ADD COLUMN parts smallint NOT NULL DEFAULT 1 -- that the store has of a document that is there
;
