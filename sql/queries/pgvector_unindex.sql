-- Lets the tables of generation {g} hold a document more than once again, until the load is finished.
DROP INDEX IF EXISTS embeddings_{g}_key, raw_vectors_{g}_key, removed_vectors_{g}_key
