SELECT dimensions, metric
FROM vector_collections
WHERE generation = $1::integer AND tenant = $2 AND collection = $3
