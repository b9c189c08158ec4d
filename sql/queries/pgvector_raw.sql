-- The nearest raw vectors of a collection, found by comparing all of them: $1 tenant, $2 collection, $3 metadata that
-- they must have or null, $4 the vector, $5 limit.
SELECT vector_id, metadata::text, embedding {op} $4::real[]::vector AS distance
FROM raw_vectors_{g}
WHERE tenant = $1 AND collection = $2 AND ($3::jsonb IS NULL OR metadata::jsonb @> $3::jsonb)
ORDER BY 3, vector_id
LIMIT $5::bigint
