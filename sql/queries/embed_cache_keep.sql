-- Stores vectors of texts: $1 the model, $2 hashes of the texts, $3 vectors.
INSERT INTO cache (model, input_hash, vector)
SELECT $1, t.input_hash, t.vector FROM unnest($2::bytea[], $3::bytea[]) AS t(input_hash, vector)
ORDER BY t.input_hash
ON CONFLICT (model, input_hash) DO UPDATE SET vector = excluded.vector
