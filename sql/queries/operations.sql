-- Operations of the audit log, the latest first: $1 tenant, $5 actor, $6 operations, $7 stream, $8 verdicts, $9 the id
-- of the memory or other subject of the operation, $10 correlation_id, $11 since, $12 until, $13 limit, $14 offset.
SELECT sequence_id, recorded_at, occurred_at, tenant, actor, operation, stream_id, subject_id, verdict, reason, event_id,
       correlation_id, causation_id
FROM audit_log
WHERE tenant = $1::text
  AND ($5::text IS NULL OR actor = $5::text)
  AND ($6::text[] IS NULL OR operation = ANY ($6::text[]))
  AND ($7::text IS NULL OR stream_id = $7::text)
  AND ($8::text[] IS NULL OR verdict::text = ANY ($8::text[]))
  AND ($9::text IS NULL OR subject_id = $9::text)
  AND ($10::text IS NULL OR correlation_id = $10::text)
  AND ($11::timestamptz IS NULL OR recorded_at >= $11::timestamptz)
  AND ($12::timestamptz IS NULL OR recorded_at < $12::timestamptz)
ORDER BY sequence_id DESC
LIMIT $13::bigint OFFSET $14::bigint
