-- Memories for the hot tier, with the values that it stores apart from the row (source_sequence, and the accesses,
-- which importance does not include): $1 topic, $2 partitions of the log, $3 tenants, $4 streams, $5 ids; n is the
-- place in these arrays, from 1. A deleted memory is returned, one that never existed is not. next_offset is the
-- progress of the ledger in the partition, from the same snapshot as the row.
SELECT w.n, coalesce(p.next_offset, 0) AS next_offset, m.valid_from, m.source_sequence,
       m.id, m.tenant, m.stream_id, m.agent_id, m.user_id, m.run_id, m.conversation_id, m.memory_type, m.term,
       m.content, m.metadata, m.tags, m.entities, m.confidence, m.importance, m.priority,
       coalesce(apart.access_count, 0) + coalesce(direct.access_count, 0) AS access_count,
       greatest(apart.last_accessed_at, direct.last_accessed_at) AS last_accessed_at,
       m.created_at, m.updated_at, m.expires_at, m.is_deleted, m.is_archived, m.tier, m.version, m.source_event_id
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::uuid[]) WITH ORDINALITY AS w(partition, tenant, stream_id, id, n)
JOIN memories m ON m.id = w.id AND m.tenant = w.tenant AND m.stream_id = w.stream_id
LEFT JOIN ledger_progress p ON p.topic = $1::text AND p.partition = w.partition::integer
LEFT JOIN memory_access apart
       ON apart.tenant = w.tenant AND apart.stream_id = w.stream_id || '#access' AND apart.memory_id = w.id
LEFT JOIN memory_access direct
       ON direct.tenant = w.tenant AND direct.stream_id = w.stream_id AND direct.memory_id = w.id
      AND right(w.stream_id, 7) <> '#access'
