-- Puts documents in the place of older ones; what was removed later stays so.
INSERT INTO embeddings_{g} AS e (source_sequence, created_at, tenant, user_id, agent_id, run_id, conversation_id,
                                 embedding, stream_id, kind, ref)
SELECT n.source_sequence,
       -- In two parts, each exact: an interval is multiplied as a double.
       'epoch'::timestamptz + n.created_at / 1000000 * interval '1 second' + n.created_at % 1000000 * interval '1 microsecond',
       n.tenant, n.user_id, n.agent_id, n.run_id, n.conversation_id, n.embedding::vector, n.stream_id, n.kind, n.ref
FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::text[], $11::text[])
    AS n(source_sequence, created_at, tenant, user_id, agent_id, run_id, conversation_id, embedding, stream_id, kind,
         ref)
WHERE NOT EXISTS (SELECT FROM removed_vectors_{g} r
                  WHERE r.tenant = n.tenant AND r.stream_id = n.stream_id AND r.kind = n.kind AND r.ref = n.ref
                    AND r.source_sequence >= n.source_sequence)
ON CONFLICT (tenant, stream_id, kind, ref)
DO UPDATE SET source_sequence = excluded.source_sequence, created_at = excluded.created_at,
              user_id = excluded.user_id, agent_id = excluded.agent_id, run_id = excluded.run_id,
              conversation_id = excluded.conversation_id, embedding = excluded.embedding
WHERE e.source_sequence < excluded.source_sequence
