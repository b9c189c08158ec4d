-- Vectors of texts, for those that have one: $1 the model, $2 hashes of the texts.
SELECT input_hash, vector FROM cache WHERE model = $1 AND input_hash = ANY ($2::bytea[])
