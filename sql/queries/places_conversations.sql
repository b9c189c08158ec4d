-- The streams that use ids of conversations: $1 tenant, $2 the ids, $3 whether to include deleted ones. Returns a row
-- for each stream that uses an id.
SELECT c.conversation_id AS id, c.stream_id, c.user_id, c.agent_id
FROM conversations AS c
WHERE c.conversation_id = ANY($2::text[])
  AND c.tenant = $1::text
  AND (NOT c.is_deleted OR $3::boolean)
