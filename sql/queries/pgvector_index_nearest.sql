-- Creates the approximate index. {column} is the vector, in half precision if it has too many dimensions.
CREATE INDEX IF NOT EXISTS embeddings_{g}_nearest ON embeddings_{g} USING hnsw ({column} {ops})
