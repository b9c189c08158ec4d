-- The nearest raw vectors of a collection, compared one by one.
SELECT vector_id, metadata::text, embedding {op} $4::real[]::vector AS distance
FROM raw_vectors_{g}
WHERE tenant = $1 AND collection = $2 AND ($3::jsonb IS NULL OR metadata::jsonb @> $3::jsonb)
ORDER BY 3, vector_id
LIMIT $5::bigint
