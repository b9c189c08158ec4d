-- Compares the events of a file with the tables: $1 a JSON array of the events as they are published; n is the place in
-- it, from 1. verdict is the ledger's, "detached" if the event's month is detached, null if the ledger does not have
-- the event. For an event that creates a memory, version and is_deleted are those of the memory, null if the memory does
-- not exist, and differing is an array of the fields in which the memory differs from the event. Times other than
-- expires_at, and metadata in which an import describes itself, are not compared.
WITH told AS (
    SELECT n, (e ->> 'event_id')::uuid AS event_id, e ->> 'tenant' AS tenant, e ->> 'stream_id' AS stream_id,
           e ->> 'agent_id' AS agent_id, e ->> 'user_id' AS user_id, e ->> 'run_id' AS run_id,
           e ->> 'conversation_id' AS conversation_id, e -> 'payload' AS payload,
           CASE WHEN e ->> 'type' = 'memory_created' THEN (e -> 'payload' ->> 'memory_id')::uuid END AS memory_id
    FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS events (e, n)
), origin AS (
    SELECT '{migrated_from,migration_timestamp,source_file,original_structure}'::text[] AS names
)
SELECT told.n, ledger.verdict, memory.version, memory.is_deleted,
       CASE WHEN memory.version IS NOT NULL THEN array_remove(ARRAY[
           CASE WHEN memory.content <> payload -> 'content' THEN 'content' END,
           CASE WHEN memory.memory_type <> payload ->> 'memory_type' THEN 'memory_type' END,
           CASE WHEN memory.agent_id IS DISTINCT FROM told.agent_id THEN 'agent_id' END,
           CASE WHEN memory.user_id IS DISTINCT FROM told.user_id THEN 'user_id' END,
           CASE WHEN memory.run_id IS DISTINCT FROM told.run_id THEN 'run_id' END,
           CASE WHEN memory.conversation_id IS DISTINCT FROM told.conversation_id THEN 'conversation_id' END,
           CASE WHEN memory.term IS DISTINCT FROM payload ->> 'term' THEN 'term' END,
           CASE WHEN memory.confidence <> (payload ->> 'confidence')::double precision THEN 'confidence' END,
           CASE WHEN memory.importance <> (payload ->> 'importance')::double precision THEN 'importance' END,
           CASE WHEN memory.priority <> (payload ->> 'priority')::double precision THEN 'priority' END,
           CASE WHEN to_jsonb(memory.tags) <> coalesce(payload -> 'tags', '[]') THEN 'tags' END,
           CASE WHEN to_jsonb(memory.entities) <> coalesce(payload -> 'entities', '[]') THEN 'entities' END,
           CASE WHEN memory.metadata - origin.names <> coalesce(payload -> 'metadata', '{}') - origin.names THEN 'metadata' END,
           CASE WHEN payload ->> 'expires_at' IS NOT NULL
                 AND memory.expires_at IS DISTINCT FROM (payload ->> 'expires_at')::timestamptz THEN 'expires_at' END
       ], NULL) END AS differing
FROM told
CROSS JOIN origin
LEFT JOIN LATERAL (
    SELECT verdict::text FROM events AS e
    WHERE e.event_id = told.event_id AND e.tenant = told.tenant AND e.stream_id = told.stream_id
    UNION ALL
    SELECT 'detached' FROM detached_event_ids AS d
    WHERE d.event_id = told.event_id AND d.tenant = told.tenant AND d.stream_id = told.stream_id
    LIMIT 1
) AS ledger ON true
LEFT JOIN memories AS memory
       ON memory.id = told.memory_id AND memory.tenant = told.tenant AND memory.stream_id = told.stream_id
ORDER BY told.n
