-- Working memory of conversations: $1 topic, $2 partitions of the log, $3 tenants, $4 streams, $5 conversations; n is
-- the place in these arrays, from 1. $6 is the time by which expired keys are left out. Of the last $7 turns, the last
-- $8 thoughts and the last $9 events, those that were not cleared are returned; so no more is read, however long a
-- conversation is. next_offset is the progress of the ledger in the partition, from the same snapshot as everything
-- else. Each n has one row of part 0, which holds the goal, then turns (1), thoughts (2), keys (3) and events (4).
WITH wanted AS (
    SELECT w.*, m.goal, coalesce(m.goal_id, m.goal_event_id::text) AS goal_id, m.goal_set_at,
           coalesce(m.cleared_sequence, -1) AS cleared_sequence,
           coalesce(m.context_cleared_sequence, -1) AS context_cleared_sequence,
           coalesce(p.next_offset, 0) AS next_offset
    FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[])
         WITH ORDINALITY AS w(partition, tenant, stream_id, conversation_id, n)
    LEFT JOIN working_memory m
           ON m.tenant = w.tenant AND m.stream_id = w.stream_id AND m.conversation_id = w.conversation_id
    LEFT JOIN ledger_progress p ON p.topic = $1::text AND p.partition = w.partition::integer
)
SELECT w.n, w.next_offset, part.*
FROM wanted w
CROSS JOIN LATERAL (
    SELECT 0 AS part, w.goal_id AS name, NULL::text AS speaker, w.goal AS body, NULL::jsonb AS json, NULL::bigint AS number,
           NULL::bigint AS token_count, NULL::text AS model, w.goal_set_at AS at, NULL::timestamptz AS expires_at,
           NULL::uuid AS source_event_id, 0::bigint AS source_sequence
    UNION ALL
    SELECT 1, t.role, t.speaker, t.content, t.metadata, t.turn_index, t.token_count, t.model, t.created_at, NULL,
           t.source_event_id, t.source_sequence
    FROM conversations c
    CROSS JOIN LATERAL (
        SELECT *
        FROM conversation_turns t
        WHERE t.tenant = w.tenant AND t.stream_id = w.stream_id AND t.conversation_id = w.conversation_id
        ORDER BY t.turn_index DESC
        LIMIT $7::bigint
    ) AS t
    WHERE c.tenant = w.tenant AND c.stream_id = w.stream_id AND c.conversation_id = w.conversation_id AND NOT c.is_deleted
      AND coalesce(t.first_sequence, t.source_sequence) > w.cleared_sequence
    UNION ALL
    SELECT 2, NULL, NULL, e.thought, e.metadata, e.entry_index, NULL, NULL, e.created_at, NULL, e.source_event_id,
           e.source_sequence
    FROM (
        SELECT *
        FROM working_entries e
        WHERE e.tenant = w.tenant AND e.stream_id = w.stream_id AND e.conversation_id = w.conversation_id
          AND e.kind = 'thought'
        ORDER BY e.entry_index DESC
        LIMIT $8::bigint
    ) AS e
    WHERE e.source_sequence > w.cleared_sequence
    UNION ALL
    SELECT 3, k.key, NULL, NULL, k.value, k.ttl_s, NULL, NULL, k.updated_at, k.expires_at, k.source_event_id,
           k.source_sequence
    FROM context_keys k
    WHERE k.tenant = w.tenant AND k.stream_id = w.stream_id AND k.conversation_id = w.conversation_id
      AND NOT k.is_deleted AND k.source_sequence > w.context_cleared_sequence AND k.expires_at > $6::timestamptz
    UNION ALL
    SELECT 4, NULL, NULL, NULL, e.event, e.entry_index, NULL, NULL, e.created_at, NULL, e.source_event_id,
           e.source_sequence
    FROM (
        SELECT *
        FROM working_entries e
        WHERE e.tenant = w.tenant AND e.stream_id = w.stream_id AND e.conversation_id = w.conversation_id
          AND e.kind = 'event'
        ORDER BY e.entry_index DESC
        LIMIT $9::bigint
    ) AS e
    WHERE e.source_sequence > w.context_cleared_sequence
) AS part
ORDER BY w.n, part.part, CASE WHEN part.part = 3 THEN part.name END COLLATE "C", part.number
