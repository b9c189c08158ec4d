-- The highest version 7 ids of events and memories in streams: $1 tenants, $2 streams, $3 keys of the log; n is the
-- place in these arrays, from 1. A stream whose parked events block later ones gets the highest possible id.
SELECT w.n,
       CASE WHEN p.is_parked THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid ELSE s.event_id_high END,
       CASE WHEN p.is_parked THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid ELSE s.memory_id_high END
FROM unnest($1::text[], $2::text[], $3::bytea[]) WITH ORDINALITY AS w(tenant, stream_id, key, n)
JOIN streams AS s ON s.tenant = w.tenant AND s.stream_id = w.stream_id
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM parked_events AS e WHERE e.projection = 'postgres' AND e.key = w.key AND e.blocked_by >= 0
    ) AS is_parked
) AS p
