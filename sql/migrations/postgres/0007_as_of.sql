-- Time travel: tables as they were at a time or position. As of a time counts what was recorded up to it. As of a
-- position counts what lies in its partition up to it, and of other partitions what was recorded up to the time of the
-- event there. A null time is now, for which the current versions are all.

-- Accesses that were logged in a memory's own stream; there are hardly any, so that looking them up costs next to nothing.
CREATE INDEX memory_access_direct ON memory_access (tenant, stream_id, memory_id) WHERE right(stream_id, 7) <> '#access';

-- Whether an event had happened: its sequence_id and recorded_at, then the time, and the partition and the last
-- sequence_id that counts there (null unless it is a position).
CREATE FUNCTION happened(sequence_id bigint, recorded_at timestamptz, as_of timestamptz, as_of_partition integer,
                         as_of_sequence bigint)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
               WHEN as_of IS NULL THEN true
               WHEN sequence_id % 4096 = as_of_partition THEN sequence_id <= as_of_sequence
               ELSE recorded_at <= as_of
           END
$$;

-- Memories.
CREATE FUNCTION memories_as_of(as_of timestamptz, as_of_partition integer DEFAULT NULL, as_of_sequence bigint DEFAULT NULL)
RETURNS SETOF memories LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT m.*
    FROM memories AS m
    WHERE happened(m.source_sequence, m.valid_from, as_of, as_of_partition, as_of_sequence)
    UNION ALL
    SELECT h.id, h.tenant, h.stream_id, h.agent_id, h.user_id, h.run_id, h.conversation_id, h.memory_type, h.term,
           h.content, h.metadata, h.tags, h.entities, h.confidence, h.importance, h.priority, h.created_at,
           h.updated_at, h.expires_at, h.is_deleted, h.is_archived, h.tier, h.version, h.source_event_id,
           h.source_sequence, h.valid_from
    FROM memories_history AS h
    WHERE as_of IS NOT NULL
      AND happened(h.source_sequence, h.valid_from, as_of, as_of_partition, as_of_sequence)
      AND NOT happened(h.superseded_sequence, h.valid_to, as_of, as_of_partition, as_of_sequence)
$$;

-- How often a memory had been read, from the ledger.
CREATE FUNCTION memory_access_as_of(of_tenant text, of_stream text, of_memory uuid, as_of timestamptz,
                                    as_of_partition integer DEFAULT NULL, as_of_sequence bigint DEFAULT NULL)
RETURNS TABLE (access_count bigint, last_accessed_at timestamptz) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(sum((e.payload -> 'counts' ->> (accessed.place - 1)::integer)::bigint), 0)::bigint,
           max((e.payload ->> 'last_accessed_at')::timestamptz)
    FROM events AS e
    CROSS JOIN LATERAL jsonb_array_elements_text(e.payload -> 'memory_ids') WITH ORDINALITY AS accessed (id, place)
    WHERE e.tenant = of_tenant
      AND e.stream_id IN (of_stream || '#access', of_stream)
      AND e.version > 0
      AND e.event_type = 'memory_accessed'
      AND accessed.id::uuid = of_memory
      AND happened(e.sequence_id, e.recorded_at, as_of, as_of_partition, as_of_sequence)
$$;

-- Turns.
CREATE FUNCTION conversation_turns_as_of(as_of timestamptz, as_of_partition integer DEFAULT NULL,
                                         as_of_sequence bigint DEFAULT NULL)
RETURNS SETOF conversation_turns LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT t.*
    FROM conversation_turns AS t
    WHERE happened(t.source_sequence, t.valid_from, as_of, as_of_partition, as_of_sequence)
    UNION ALL
    SELECT h.conversation_id, h.tenant, h.stream_id, h.turn_index, h.role, h.speaker, h.content, h.content_hash,
           h.token_count, h.model, h.metadata, h.created_at, h.source_event_id, h.source_sequence, h.valid_from
    FROM conversation_turns_history AS h
    WHERE as_of IS NOT NULL
      AND happened(h.source_sequence, h.valid_from, as_of, as_of_partition, as_of_sequence)
      AND NOT happened(h.superseded_sequence, h.valid_to, as_of, as_of_partition, as_of_sequence)
$$;

-- Conversations; turn_count and last_activity_at, which are no part of a version, are counted from the turns.
CREATE FUNCTION conversations_as_of(as_of timestamptz, as_of_partition integer DEFAULT NULL,
                                    as_of_sequence bigint DEFAULT NULL)
RETURNS SETOF conversations LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT c.*
    FROM conversations AS c
    WHERE as_of IS NULL
    UNION ALL
    SELECT v.conversation_id, v.tenant, v.stream_id, v.user_id, v.agent_id, v.title, v.metadata, v.is_active,
           v.is_deleted, turns.turn_count, v.created_at, v.updated_at,
           greatest(v.created_at, turns.last_activity_at), v.version, v.source_event_id, v.source_sequence, v.valid_from
    FROM (
        SELECT c.*, NULL::bigint AS superseded_sequence, NULL::timestamptz AS valid_to
        FROM conversations AS c
        UNION ALL
        SELECT h.* FROM conversations_history AS h
    ) AS v
    CROSS JOIN LATERAL (
        SELECT coalesce(max(t.turn_index) + 1, 0) AS turn_count, max(t.created_at) AS last_activity_at
        FROM conversation_turns_as_of(as_of, as_of_partition, as_of_sequence) AS t
        WHERE t.tenant = v.tenant AND t.stream_id = v.stream_id AND t.conversation_id = v.conversation_id
    ) AS turns
    WHERE as_of IS NOT NULL
      AND happened(v.source_sequence, v.valid_from, as_of, as_of_partition, as_of_sequence)
      AND (v.valid_to IS NULL
           OR NOT happened(v.superseded_sequence, v.valid_to, as_of, as_of_partition, as_of_sequence))
$$;

-- Knowledge.
CREATE FUNCTION knowledge_as_of(as_of timestamptz, as_of_partition integer DEFAULT NULL, as_of_sequence bigint DEFAULT NULL)
RETURNS SETOF knowledge LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT k.*
    FROM knowledge AS k
    WHERE happened(k.source_sequence, k.valid_from, as_of, as_of_partition, as_of_sequence)
    UNION ALL
    SELECT h.knowledge_id, h.tenant, h.stream_id, h.agent_id, h.user_id, h.domain, h.knowledge_type, h.content,
           h.confidence, h.evidence, h.validation_status, h.metadata, h.created_at, h.updated_at, h.version,
           h.source_event_id, h.source_sequence, h.valid_from
    FROM knowledge_history AS h
    WHERE as_of IS NOT NULL
      AND happened(h.source_sequence, h.valid_from, as_of, as_of_partition, as_of_sequence)
      AND NOT happened(h.superseded_sequence, h.valid_to, as_of, as_of_partition, as_of_sequence)
$$;

-- Profiles.
CREATE FUNCTION profiles_as_of(as_of timestamptz, as_of_partition integer DEFAULT NULL, as_of_sequence bigint DEFAULT NULL)
RETURNS SETOF profiles LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT p.*
    FROM profiles AS p
    WHERE happened(p.source_sequence, p.valid_from, as_of, as_of_partition, as_of_sequence)
    UNION ALL
    SELECT h.user_id, h.tenant, h.stream_id, h.profile, h.preferences, h.source, h.created_at, h.updated_at,
           h.version, h.source_event_id, h.source_sequence, h.valid_from
    FROM profiles_history AS h
    WHERE as_of IS NOT NULL
      AND happened(h.source_sequence, h.valid_from, as_of, as_of_partition, as_of_sequence)
      AND NOT happened(h.superseded_sequence, h.valid_to, as_of, as_of_partition, as_of_sequence)
$$;
