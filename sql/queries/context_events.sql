-- Events of a context that were not cleared, in the order of their indexes: $1 tenant, $2 stream, $3 conversation; the
-- first $6 after the index $4, or the last $6 if $4 is null; only those before the index $5 unless it is null.
WITH cleared AS (
    SELECT coalesce(max(context_cleared_sequence), -1) AS sequence
    FROM working_memory
    WHERE tenant = $1::text AND stream_id = $2::text AND conversation_id = $3::text
)
SELECT * FROM (
    (SELECT e.entry_index, e.event, e.created_at, e.source_event_id, e.source_sequence
     FROM working_entries e
     WHERE $4::bigint IS NOT NULL AND e.tenant = $1::text AND e.stream_id = $2::text AND e.conversation_id = $3::text
       AND e.kind = 'event' AND e.source_sequence > (SELECT sequence FROM cleared)
       AND e.entry_index > $4::bigint AND ($5::bigint IS NULL OR e.entry_index < $5::bigint)
     ORDER BY e.entry_index
     LIMIT $6::bigint)
    UNION ALL
    (SELECT e.entry_index, e.event, e.created_at, e.source_event_id, e.source_sequence
     FROM working_entries e
     WHERE $4::bigint IS NULL AND e.tenant = $1::text AND e.stream_id = $2::text AND e.conversation_id = $3::text
       AND e.kind = 'event' AND e.source_sequence > (SELECT sequence FROM cleared)
       AND ($5::bigint IS NULL OR e.entry_index < $5::bigint)
     ORDER BY e.entry_index DESC
     LIMIT $6::bigint)
) AS page
ORDER BY entry_index
