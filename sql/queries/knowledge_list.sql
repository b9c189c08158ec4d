-- Knowledge, the last changed first: $1 tenant, $2 to $4 the as-of time and position, $5 agent, $6 user, $7 domains,
-- $8 types, $9 states, $10 limit, $11 offset.
SELECT knowledge_id, tenant, stream_id, agent_id, user_id, domain, knowledge_type, content, confidence, evidence,
       validation_status, validated_at, metadata, created_at, updated_at, version, source_event_id
FROM {knowledge}
WHERE tenant = $1::text
  AND ($5::text IS NULL OR agent_id = $5::text)
  AND ($6::text IS NULL OR user_id = $6::text)
  AND ($7::text[] IS NULL OR domain = ANY ($7::text[]))
  AND ($8::text[] IS NULL OR knowledge_type = ANY ($8::text[]))
  AND ($9::text[] IS NULL OR coalesce(validation_status, 'unvalidated') = ANY ($9::text[]))
ORDER BY updated_at DESC, knowledge_id DESC, stream_id DESC
LIMIT $10::bigint OFFSET $11::bigint
