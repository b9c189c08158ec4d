-- The nearest rows of the scope, found by comparing all of them: $1 tenant, $2 to $5 user, agent, run and conversation
-- or null, $6 the vector, $7 limit. OFFSET 0 keeps the planner from using an approximate index.
SELECT stream_id, kind, ref, distance
FROM (
    SELECT stream_id, kind, ref, embedding {op} $6::real[]::vector AS distance
    FROM embeddings_{g}
    WHERE tenant = $1
      AND ($2::text IS NULL OR user_id = $2)
      AND ($3::text IS NULL OR agent_id = $3)
      AND ($4::text IS NULL OR run_id = $4)
      AND ($5::text IS NULL OR conversation_id = $5)
    OFFSET 0
) AS compared
ORDER BY distance, stream_id, kind, ref
LIMIT $7::bigint
