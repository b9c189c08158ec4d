INSERT INTO vector_collections (generation, tenant, collection, dimensions, metric)
VALUES ($1::integer, $2, $3, $4::integer, $5)
ON CONFLICT DO NOTHING
RETURNING dimensions, metric
