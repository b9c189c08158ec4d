-- The latest conversations of the users of given conversations, from streams in the same partition of the log:
-- $1 tenants, $2 streams and $3 ids of the given conversations, $4 their partitions, $5 how many per user. n is the
-- place in these arrays, from 1, of the user's last given conversation. A user without conversations has one row, with
-- nulls for the conversation.
WITH lists AS (
    SELECT c.tenant, c.user_id, w.partition, max(w.n) AS n
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
         WITH ORDINALITY AS w(tenant, stream_id, conversation_id, partition, n)
    JOIN conversations c
      ON c.tenant = w.tenant AND c.stream_id = w.stream_id AND c.conversation_id = w.conversation_id
    WHERE c.user_id IS NOT NULL
    GROUP BY c.tenant, c.user_id, w.partition
)
SELECT l.n, l.user_id AS list_user, r.*
FROM lists l
LEFT JOIN LATERAL (
    SELECT c.conversation_id, c.tenant, c.stream_id, c.user_id, c.agent_id, c.title, c.metadata, c.is_active,
           c.is_deleted, c.turn_count, c.created_at, c.updated_at, c.last_activity_at, c.version, c.source_event_id
    FROM conversations c
    JOIN streams s ON s.tenant = c.tenant AND s.stream_id = c.stream_id AND s.kafka_partition = l.partition
    WHERE c.tenant = l.tenant AND c.user_id = l.user_id AND NOT c.is_deleted
    ORDER BY c.last_activity_at DESC, c.conversation_id DESC, c.stream_id DESC
    LIMIT $5::bigint
) AS r ON true
ORDER BY l.n, r.last_activity_at DESC, r.conversation_id DESC, r.stream_id DESC
