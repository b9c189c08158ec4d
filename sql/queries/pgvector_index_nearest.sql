-- The approximate index. {column} is the vector, or half of its precision where there are too many dimensions.
CREATE INDEX IF NOT EXISTS embeddings_{g}_nearest ON embeddings_{g} USING hnsw ({column} {ops})
