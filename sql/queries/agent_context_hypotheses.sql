-- The last 3 hypotheses that were put to the test, of all agents: $1 tenant, $5 the agent, $6 user or null.
SELECT 'hypothesis' AS kind, hypothesis_id, tenant, stream_id, agent_id, user_id, run_id, conversation_id, hypothesis,
       is_valid, final_confidence, final_evidence, created_at, validated_at, source_event_id,
       agent_id IS NOT DISTINCT FROM $5::text AS is_own
FROM hypotheses
WHERE tenant = $1::text
  AND validated_at IS NOT NULL
  AND ($6::text IS NULL OR user_id = $6::text)
ORDER BY validated_at DESC, hypothesis_id DESC
LIMIT 3
