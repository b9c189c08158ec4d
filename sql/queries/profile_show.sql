-- The profiles of a user, one for each stream: $1 tenant, $2 to $4 the as-of time and position, $5 user, $6 stream or
-- null.
SELECT user_id, tenant, stream_id, profile, preferences, source, created_at, updated_at, version, source_event_id
FROM {profiles}
WHERE tenant = $1::text
  AND user_id = $5::text
  AND ($6::text IS NULL OR stream_id = $6::text)
ORDER BY stream_id
LIMIT 100
