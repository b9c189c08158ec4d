-- The newest events of the ledger that pass every given filter; the parameters are those of events_list.sql, except
-- that only events older than the event $8 are returned, if it is given. Finds the newest events of each type ($3,
-- otherwise all types of the tenant, found one after another in the index), and returns the newest of those.
WITH RECURSIVE types (type) AS (
    (SELECT event_type FROM events WHERE $3::text[] IS NULL AND tenant = $1::text ORDER BY event_type LIMIT 1)
    UNION ALL
    SELECT (SELECT event_type FROM events WHERE tenant = $1::text AND event_type > types.type ORDER BY event_type LIMIT 1)
    FROM types
    WHERE types.type IS NOT NULL
), place AS MATERIALIZED (
    SELECT recorded_at, sequence_id FROM events WHERE sequence_id = $8::bigint
)
SELECT event_type, event_id, tenant, stream_id, agent_id, user_id, run_id, conversation_id, expected_version,
       occurred_at, metadata ->> 'correlation_id' AS correlation_id, metadata ->> 'causation_id' AS causation_id, actor,
       metadata - 'correlation_id' - 'causation_id' AS metadata, payload,
       kafka_partition || ':' || kafka_offset AS position, sequence_id, version, verdict, actual_version, recorded_at
FROM (SELECT unnest($3::text[]) UNION SELECT type FROM types) AS wanted (type)
CROSS JOIN LATERAL (
    SELECT * FROM events
    WHERE tenant = $1::text
      AND event_type = wanted.type
      AND ($2::text IS NULL OR stream_id = $2::text)
      AND ($4::timestamptz IS NULL OR recorded_at >= $4::timestamptz)
      AND ($5::timestamptz IS NULL OR recorded_at < $5::timestamptz)
      AND ($6::text IS NULL OR metadata ->> 'correlation_id' = $6::text)
      AND ($10::text IS NULL OR metadata ->> 'causation_id' = $10::text)
      AND ($7::text[] IS NULL OR verdict::text = ANY ($7::text[]))
      AND ($8::bigint IS NULL
           OR recorded_at <= (SELECT recorded_at FROM place)
              AND (recorded_at, sequence_id) < (SELECT recorded_at, sequence_id FROM place))
    ORDER BY recorded_at DESC, sequence_id DESC
    LIMIT $9::bigint
) AS newest
ORDER BY recorded_at DESC, sequence_id DESC
LIMIT $9::bigint
