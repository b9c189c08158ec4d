-- Drops the unique indexes of generation {g}, so that its tables may hold a document more than once until the load is
-- finished.
DROP INDEX IF EXISTS embeddings_{g}_key, raw_vectors_{g}_key, removed_vectors_{g}_key
