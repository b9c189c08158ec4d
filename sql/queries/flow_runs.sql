-- Data recorded by runs of flows, the latest first: $1 tenant, $2 to $4 the as-of time and position, $5 flow, $6 run,
-- $7 agent, $8 user, $9 since, $10 until, $11 limit, $12 offset.
SELECT flow_run_id, tenant, stream_id, flow, run, agent_id, user_id, run_id, data, created_at, version, source_event_id
FROM flow_run_history
WHERE tenant = $1::text
  AND happened(source_sequence, valid_from, $2, $3, $4)
  AND ($5::text IS NULL OR flow = $5::text)
  AND ($6::text IS NULL OR run = $6::text)
  AND ($7::text IS NULL OR agent_id = $7::text)
  AND ($8::text IS NULL OR user_id = $8::text)
  AND ($9::timestamptz IS NULL OR created_at >= $9::timestamptz)
  AND ($10::timestamptz IS NULL OR created_at < $10::timestamptz)
ORDER BY created_at DESC, flow_run_id DESC, stream_id DESC
LIMIT $11::bigint OFFSET $12::bigint
