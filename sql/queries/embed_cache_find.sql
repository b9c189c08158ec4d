-- Which of the texts have a vector: $1 the model, $2 hashes.
SELECT input_hash, vector FROM cache WHERE model = $1 AND input_hash = ANY ($2::bytea[])
