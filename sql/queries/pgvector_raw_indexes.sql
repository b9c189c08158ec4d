-- Collections of raw vectors that lack an index, with the statements that create it: those of $1 vectors or more with
-- no index, or with one that is invalid because its build was ended. Vectors are counted up to $2 (NULL: all of them).
-- $3 is CONCURRENTLY or empty. pgvector_raw_nearest.sql looks the index up by its name.
SELECT c.tenant, c.collection, held.vectors, c.dimensions,
       CASE WHEN former.name IS NOT NULL THEN format('DROP INDEX %s IF EXISTS %I', $3::text, wanted.name) END,
       format('CREATE INDEX %s IF NOT EXISTS %I ON raw_vectors_{g} USING hnsw ((%s) %s) WHERE tenant = %L AND collection = %L',
              $3::text, wanted.name, form.indexed, form.operators, c.tenant, c.collection)
FROM vector_collections c
CROSS JOIN LATERAL (
    SELECT 'raw_vectors_{g}_nearest_'
           || left(encode(sha256(convert_to(format('%L %L', c.tenant, c.collection), 'UTF8')), 'hex'), 20) AS name
) AS wanted
CROSS JOIN LATERAL (
    SELECT format(CASE WHEN c.dimensions <= {full} THEN 'embedding::vector(%s)' ELSE 'l2_normalize(embedding)::halfvec(%s)' END,
                  c.dimensions) AS indexed,
           CASE WHEN c.dimensions <= {full} THEN 'vector' ELSE 'halfvec' END
           || CASE c.metric WHEN 'cosine' THEN '_cosine_ops' WHEN 'euclidean' THEN '_l2_ops' ELSE '_ip_ops' END AS operators
) AS form
LEFT JOIN LATERAL (
    SELECT k.relname AS name, x.indisvalid,
           EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = x.indexrelid) AS is_being_built
    FROM pg_index x JOIN pg_class k ON k.oid = x.indexrelid
    WHERE x.indrelid = 'raw_vectors_{g}'::regclass AND k.relname = wanted.name
) AS former ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS vectors
    FROM (SELECT FROM raw_vectors_{g} r
          WHERE r.tenant = c.tenant AND r.collection = c.collection
            AND (former.name IS NULL OR NOT former.indisvalid AND NOT former.is_being_built)
          LIMIT $2::bigint) AS counted
) AS held
WHERE c.generation = {g}
  AND (c.dimensions <= {full} OR c.dimensions <= {half} AND c.metric = 'cosine')
  AND held.vectors >= $1::bigint
ORDER BY c.tenant, c.collection
