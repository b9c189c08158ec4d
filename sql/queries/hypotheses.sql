-- Hypotheses, the latest first: $1 tenant, $5 agent, $6 user, $7 whether they were found valid (untested ones were
-- not), $8 whether they held when tested, $9 whether they were tested, $10 since, $11 until, $12 limit, $13 offset.
SELECT hypothesis_id, tenant, stream_id, agent_id, user_id, run_id, conversation_id, hypothesis, confidence, evidence,
       is_valid, final_confidence, final_evidence, metadata, created_at, updated_at, validated_at, version,
       source_event_id
FROM hypotheses
WHERE tenant = $1::text
  AND ($5::text IS NULL OR agent_id = $5::text)
  AND ($6::text IS NULL OR user_id = $6::text)
  AND ($7::boolean IS NULL OR coalesce(is_valid, false) = $7::boolean)
  AND ($8::boolean IS NULL OR is_valid = $8::boolean)
  AND ($9::boolean IS NULL OR (validated_at IS NOT NULL) = $9::boolean)
  AND ($10::timestamptz IS NULL OR created_at >= $10::timestamptz)
  AND ($11::timestamptz IS NULL OR created_at < $11::timestamptz)
ORDER BY created_at DESC, hypothesis_id DESC, stream_id DESC
LIMIT $12::bigint OFFSET $13::bigint
