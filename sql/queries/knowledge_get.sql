-- The knowledge with an id, one row for each stream: $1 tenant, $2 to $4 the as-of time and position, $5 id, $6 stream
-- or null.
SELECT knowledge_id, tenant, stream_id, agent_id, user_id, domain, knowledge_type, content, confidence, evidence,
       validation_status, validated_at, metadata, created_at, updated_at, version, source_event_id
FROM {knowledge}
WHERE tenant = $1::text
  AND knowledge_id = $5::uuid
  AND ($6::text IS NULL OR stream_id = $6::text)
ORDER BY stream_id
LIMIT 100
