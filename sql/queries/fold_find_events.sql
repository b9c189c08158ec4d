-- Which of these event ids the ledger has seen in their streams, in months that are detached also. OFFSET 0 keeps the
-- look-up by the id alone: while a table is small the planner would as soon walk through the whole stream for each id.
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
