(
    SELECT coalesce(apart.access_count, 0) + coalesce(direct.access_count, 0) AS access_count,
           greatest(apart.last_accessed_at, direct.last_accessed_at) AS last_accessed_at
    FROM (SELECT 1) AS one
    LEFT JOIN LATERAL (
        SELECT access_count, last_accessed_at
        FROM memory_access
        WHERE tenant = m.tenant AND stream_id = m.stream_id || '#access' AND memory_id = m.id
        OFFSET 0
    ) AS apart ON true
    LEFT JOIN LATERAL (
        SELECT access_count, last_accessed_at
        FROM memory_access
        WHERE tenant = m.tenant AND stream_id = m.stream_id AND memory_id = m.id
          AND right(stream_id, 7) <> '#access'
        OFFSET 0
    ) AS direct ON true
)
