(
    SELECT coalesce(sum(found.access_count), 0)::bigint AS access_count, max(found.last_accessed_at) AS last_accessed_at
    FROM memory_access AS found
    WHERE found.memory_id = m.id
      AND found.tenant = m.tenant
      AND (found.stream_id = m.stream_id || '#access'
           OR found.stream_id = m.stream_id AND right(found.stream_id, 7) <> '#access')
)
