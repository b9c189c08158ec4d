-- Conversations, including deleted ones: $1 tenants, $2 streams, $3 ids; n is the place in these arrays, from 1.
SELECT w.n, c.conversation_id, c.tenant, c.stream_id, c.user_id, c.agent_id, c.title, c.metadata, c.is_active,
       c.is_deleted, c.turn_count, c.created_at, c.updated_at, c.last_activity_at, c.version, c.source_event_id
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS w(tenant, stream_id, conversation_id, n)
JOIN conversations c
  ON c.tenant = w.tenant AND c.stream_id = w.stream_id AND c.conversation_id = w.conversation_id
