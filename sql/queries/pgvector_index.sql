-- Creates the indexes that keep rows unique, and the one that finds the raw vectors of a collection.
CREATE UNIQUE INDEX IF NOT EXISTS raw_vectors_{g}_key ON raw_vectors_{g} (tenant, stream_id, kind, ref);
CREATE INDEX IF NOT EXISTS raw_vectors_{g}_collection ON raw_vectors_{g} (tenant, collection);
CREATE UNIQUE INDEX IF NOT EXISTS removed_vectors_{g}_key ON removed_vectors_{g} (tenant, stream_id, kind, ref)
