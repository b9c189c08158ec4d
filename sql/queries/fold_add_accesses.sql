-- Adds accesses to memories: $1 tenants, $2 streams, $3 memories, $4 numbers of accesses, $5 times of the latest
-- access.
INSERT INTO memory_access AS a (tenant, stream_id, memory_id, access_count, last_accessed_at)
SELECT tenant, stream_id, memory_id, access_count, last_accessed_at
FROM unnest($1::text[], $2::text[], $3::uuid[], $4::bigint[], $5::timestamptz[])
    AS w(tenant, stream_id, memory_id, access_count, last_accessed_at)
ON CONFLICT (tenant, stream_id, memory_id)
DO UPDATE SET access_count = a.access_count + excluded.access_count,
              last_accessed_at = greatest(a.last_accessed_at, excluded.last_accessed_at)
