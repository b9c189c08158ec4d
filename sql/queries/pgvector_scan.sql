DECLARE mneme_scan NO SCROLL CURSOR FOR
SELECT source_sequence, (extract(epoch FROM created_at) * 1000000)::bigint, tenant, user_id, agent_id, run_id,
       conversation_id, embedding, stream_id, kind, ref, NULL::text, NULL::text, NULL::text, part::bigint
FROM embeddings_{g}
