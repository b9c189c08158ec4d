-- The latest conversations of a user: $1 tenant, $2 user, $3 since, $4 limit.
SELECT conversation_id, tenant, stream_id, user_id, agent_id, title, metadata, is_active, is_deleted, turn_count,
       created_at, updated_at, last_activity_at, version, source_event_id
FROM conversations
WHERE tenant = $1::text AND user_id = $2::text AND NOT is_deleted AND last_activity_at >= $3::timestamptz
ORDER BY last_activity_at DESC, conversation_id DESC, stream_id DESC
LIMIT $4::bigint
