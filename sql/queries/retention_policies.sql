-- Retention policies, except those that keep everything: $1 tenant, $2 user, $3 agent, $4 run and $5 conversation, each
-- null for any.
SELECT user_id, agent_id, run_id, conversation_id, min_priority::float8 AS min_priority, max_age_days, score_threshold
FROM retention_policies
WHERE tenant = $1::text
  AND ($2::text IS NULL OR user_id = $2::text)
  AND ($3::text IS NULL OR agent_id = $3::text)
  AND ($4::text IS NULL OR run_id = $4::text)
  AND ($5::text IS NULL OR conversation_id = $5::text)
  AND (min_priority IS NOT NULL OR max_age_days IS NOT NULL OR score_threshold IS NOT NULL)
ORDER BY policy_id, stream_id
