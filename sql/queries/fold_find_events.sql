-- Which event ids the ledger has already seen in their streams, including detached months: $1 tenants, $2 streams,
-- $3 event ids; n is the place in these arrays, from 1. OFFSET 0 keeps the look-up by the id alone: for a small table,
-- the planner might otherwise read the whole stream for each id.
SELECT w.n
FROM unnest($1::text[], $2::text[], $3::uuid[]) WITH ORDINALITY AS w(tenant, stream_id, event_id, n)
CROSS JOIN LATERAL (
    SELECT e.tenant, e.stream_id FROM events e
    WHERE e.event_id = w.event_id
    UNION ALL
    SELECT d.tenant, d.stream_id FROM detached_event_ids d
    WHERE d.event_id = w.event_id
    OFFSET 0
) AS seen
WHERE seen.tenant = w.tenant AND seen.stream_id = w.stream_id
