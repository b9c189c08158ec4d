-- Outputs of tasks, the latest first: $1 tenant, $2 to $4 the as-of time and position, $5 task, $6 agent, $7 user,
-- $8 run, $9 since, $10 until, $11 limit, $12 offset.
SELECT task_output_id, tenant, stream_id, task, agent_id, user_id, run_id, output, metadata, created_at, version,
       source_event_id
FROM task_outputs
WHERE tenant = $1::text
  AND happened(source_sequence, valid_from, $2, $3, $4)
  AND ($5::text IS NULL OR task = $5::text)
  AND ($6::text IS NULL OR agent_id = $6::text)
  AND ($7::text IS NULL OR user_id = $7::text)
  AND ($8::text IS NULL OR run_id = $8::text)
  AND ($9::timestamptz IS NULL OR created_at >= $9::timestamptz)
  AND ($10::timestamptz IS NULL OR created_at < $10::timestamptz)
ORDER BY created_at DESC, task_output_id DESC, stream_id DESC
LIMIT $11::bigint OFFSET $12::bigint
