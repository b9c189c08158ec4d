-- The latest turns in all conversations of a user or an agent, in the order of their times: $1 tenant, $2 to $4 the
-- as-of time and position, $5 user, $6 agent, $7 how many hours back, $8 limit.
SELECT conversation_id, stream_id, user_id, agent_id, turn_index, role, speaker, content, content_hash, token_count, model,
       metadata, created_at, source_event_id
FROM (
    SELECT t.conversation_id, t.stream_id, c.user_id, c.agent_id, t.turn_index, t.role, t.speaker, t.content,
           encode(t.content_hash, 'hex') AS content_hash, t.token_count, t.model, t.metadata, t.created_at,
           t.source_event_id
    FROM {conversations} AS c
    JOIN {conversation_turns} AS t
      ON t.tenant = c.tenant AND t.stream_id = c.stream_id AND t.conversation_id = c.conversation_id
    CROSS JOIN LATERAL (SELECT coalesce($2, now()) - $7::float8 * interval '1 hour' AS time) AS since
    WHERE c.tenant = $1::text
      AND ($5::text IS NULL OR c.user_id = $5::text)
      AND ($6::text IS NULL OR c.agent_id = $6::text)
      AND NOT c.is_deleted
      AND c.last_activity_at >= since.time -- the time of its latest turn, or later
      AND t.created_at >= since.time
    ORDER BY t.created_at DESC, t.stream_id DESC, t.conversation_id DESC, t.turn_index DESC
    LIMIT $8::bigint
) AS latest
ORDER BY created_at, stream_id, conversation_id, turn_index
