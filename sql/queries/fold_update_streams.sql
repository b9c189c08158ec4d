-- Stores new states of existing streams: $1 tenants, $2 streams, $3 versions, $4 and $5 the highest version 7 ids of
-- events and memories (the nil UUID for a stream that has no such id yet), $6 times of the update in microseconds.
UPDATE streams s
SET version = w.version,
    event_id_high = nullif(w.event_id_high, '00000000-0000-0000-0000-000000000000'),
    memory_id_high = nullif(w.memory_id_high, '00000000-0000-0000-0000-000000000000'),
    updated_at = to_timestamp(0) + w.updated_at * interval '1 microsecond'
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::uuid[], $5::uuid[], $6::bigint[])
     AS w(tenant, stream_id, version, event_id_high, memory_id_high, updated_at)
WHERE s.tenant = w.tenant AND s.stream_id = w.stream_id
