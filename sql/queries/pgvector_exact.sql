-- The nearest of the scope, compared one by one, each once: behind OFFSET 0 no approximate index is looked for. A document
-- is as near as its nearest part; among so many rows more as there are further parts, k documents are certain to be.
SELECT stream_id, kind, ref, min(distance) AS distance
FROM (
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
    LIMIT $7::bigint + (SELECT count(*)
                        FROM (SELECT
                              FROM embeddings_{g}
                              WHERE part > 0 AND tenant = $1
                                AND ($2::text IS NULL OR user_id = $2)
                                AND ($3::text IS NULL OR agent_id = $3)
                                AND ($4::text IS NULL OR run_id = $4)
                                AND ($5::text IS NULL OR conversation_id = $5)
                              LIMIT $7::bigint * {more}) AS further)
) AS nearest
GROUP BY stream_id, kind, ref
ORDER BY distance, stream_id, kind, ref
LIMIT $7::bigint
