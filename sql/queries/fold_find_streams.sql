-- The state of streams: $1 tenants, $2 streams; n is the place in these arrays, from 1.
SELECT w.n, s.version, s.event_id_high, s.memory_id_high
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(tenant, stream_id, n)
JOIN streams s ON s.tenant = w.tenant AND s.stream_id = w.stream_id
