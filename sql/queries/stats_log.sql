-- Statistics about the log of a tenant, from the ledger as it is now: $1 tenant.
SELECT 'log' AS kind, coalesce(sum(lately), 0)::bigint AS events_last_hour,
       round(coalesce(sum(lately), 0) / 60.0, 3)::float8 AS events_per_minute,
       (SELECT count(*) FROM streams WHERE tenant = $1::text) AS unique_streams, count(*) AS unique_event_types,
       coalesce(jsonb_object_agg(event_type, events), '{}') AS event_types_breakdown
FROM (SELECT event_type, count(*) AS events, count(*) FILTER (WHERE recorded_at > now() - interval '1 hour') AS lately
      FROM events
      WHERE tenant = $1::text
      GROUP BY event_type) AS types
