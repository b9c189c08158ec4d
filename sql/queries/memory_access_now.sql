(
    SELECT coalesce(sum(access_count), 0)::bigint AS access_count, max(last_accessed_at) AS last_accessed_at
    FROM memory_access
    WHERE tenant = m.tenant AND stream_id IN (m.stream_id || '#access', m.stream_id) AND memory_id = m.id
)
