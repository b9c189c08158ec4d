-- The nearest rows of the scope, found with the approximate index, which is scanned until there are enough. The
-- parameters are those of pgvector_exact.sql.
SELECT stream_id, kind, ref, embedding {op} $6::real[]::vector AS distance
FROM embeddings_{g}
WHERE tenant = $1
  AND ($2::text IS NULL OR user_id = $2)
  AND ($3::text IS NULL OR agent_id = $3)
  AND ($4::text IS NULL OR run_id = $4)
  AND ($5::text IS NULL OR conversation_id = $5)
ORDER BY {column} {op} $6::real[]::{type}
LIMIT $7::bigint
