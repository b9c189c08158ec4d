-- The nearest raw vectors of a collection, found with its index if that is valid and has $6 vectors or more, otherwise
-- by comparing all of them. The other parameters are those of pgvector_raw.sql. Returns at least one row, which says
-- whether the index was used. pgvector_raw_indexes.sql gives the index its name. The branch that is not needed reads no
-- rows, since its first condition is false.
WITH index AS MATERIALIZED (
    SELECT EXISTS (
        SELECT
        FROM pg_index x JOIN pg_class k ON k.oid = x.indexrelid
        WHERE x.indrelid = 'raw_vectors_{g}'::regclass AND x.indisvalid AND k.reltuples >= $6::float8
          AND k.relname = 'raw_vectors_{g}_nearest_'
                          || left(encode(sha256(convert_to(format('%L %L', $1::text, $2::text), 'UTF8')), 'hex'), 20)
    ) AS is_there
),
found AS (
    (SELECT vector_id, metadata::text AS metadata, embedding {op} $4::real[]::vector AS distance
     FROM raw_vectors_{g}
     WHERE (SELECT is_there FROM index)
       AND tenant = $1 AND collection = $2 AND ($3::jsonb IS NULL OR metadata::jsonb @> $3::jsonb)
     ORDER BY {indexed} {op} {asked}
     LIMIT $5::bigint)
    UNION ALL
    (SELECT vector_id, metadata::text, embedding {op} $4::real[]::vector AS distance
     FROM raw_vectors_{g}
     WHERE NOT (SELECT is_there FROM index)
       AND tenant = $1 AND collection = $2 AND ($3::jsonb IS NULL OR metadata::jsonb @> $3::jsonb)
     ORDER BY distance, vector_id
     LIMIT $5::bigint)
)
SELECT vector_id, metadata, distance, is_there
FROM index LEFT JOIN found ON true
ORDER BY distance, vector_id
