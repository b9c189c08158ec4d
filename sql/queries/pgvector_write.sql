-- Replaces older versions of documents, all their parts at once. Documents that were removed later stay removed.
WITH n AS (
    SELECT *
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
        AS n(source_sequence, created_at, part, parts, tenant, user_id, agent_id, run_id, conversation_id, embedding,
             stream_id, kind, ref)
),
shortened AS (
    DELETE FROM embeddings_{g} e
    USING n
    WHERE n.part = 0
      AND e.tenant = n.tenant AND e.stream_id = n.stream_id AND e.kind = n.kind AND e.ref = n.ref
      AND e.part > 0 AND e.part >= n.parts AND e.source_sequence < n.source_sequence
)
INSERT INTO embeddings_{g} AS e (source_sequence, created_at, tenant, user_id, agent_id, run_id, conversation_id,
                                 embedding, stream_id, kind, ref, part)
SELECT n.source_sequence,
       -- In two steps, each exact, because intervals are multiplied in double precision.
       'epoch'::timestamptz + n.created_at / 1000000 * interval '1 second' + n.created_at % 1000000 * interval '1 microsecond',
       n.tenant, n.user_id, n.agent_id, n.run_id, n.conversation_id, n.embedding::vector, n.stream_id, n.kind, n.ref, n.part
FROM n
WHERE NOT EXISTS (SELECT FROM removed_vectors_{g} r
                  WHERE r.tenant = n.tenant AND r.stream_id = n.stream_id AND r.kind = n.kind AND r.ref = n.ref
                    AND r.source_sequence >= n.source_sequence)
  -- A further part of an older version may have no row to conflict with.
  AND (n.part = 0
       OR NOT EXISTS (SELECT FROM embeddings_{g} f
                      WHERE f.tenant = n.tenant AND f.stream_id = n.stream_id AND f.kind = n.kind AND f.ref = n.ref
                        AND f.part = 0 AND f.source_sequence >= n.source_sequence))
ON CONFLICT (tenant, stream_id, kind, ref, part)
DO UPDATE SET source_sequence = excluded.source_sequence, created_at = excluded.created_at,
              user_id = excluded.user_id, agent_id = excluded.agent_id, run_id = excluded.run_id,
              conversation_id = excluded.conversation_id, embedding = excluded.embedding
WHERE e.source_sequence < excluded.source_sequence
