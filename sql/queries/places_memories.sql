-- The streams that use ids of memories: $1 tenant, $2 the ids, $3 whether to include deleted ones. Returns a row for
-- each stream that uses an id.
SELECT m.id::text AS id, m.stream_id, m.user_id, m.agent_id
FROM memories AS m
WHERE m.id = ANY($2::uuid[])
  AND m.tenant = $1::text
  AND (NOT m.is_deleted OR $3::boolean)
