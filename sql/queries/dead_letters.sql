-- Parked events of this schema, the oldest first: $1 a projection ("embed" stands for every "embed.MODEL") or null,
-- $2 a key or null, $3 a partition and $4 an offset or null, $5 whether to include events that only wait behind another
-- one, $6 whether to return the bytes, $7 limit.
SELECT partition || ':' || kafka_offset AS position, projection, topic, partition, kafka_offset, encode(key, 'escape') AS key, reason,
       (SELECT count(*)
        FROM parked_events AS waiting
        WHERE waiting.projection = parked_events.projection
          AND waiting.topic = parked_events.topic
          AND waiting.partition = parked_events.partition
          AND waiting.blocked_by = parked_events.kafka_offset
          AND waiting.kafka_offset <> parked_events.kafka_offset) AS behind,
       CASE WHEN blocked_by NOT IN (kafka_offset, -1) THEN blocked_by END AS waits_for,
       recorded_at, parked_at, NULL::text AS note, NULL::timestamptz AS dropped_at,
       CASE WHEN $6::boolean THEN encode(value, 'hex') END AS value_hex,
       CASE WHEN $6::boolean THEN translate(encode(value, 'base64'), E'\n', '') END AS value_base64
FROM parked_events
WHERE ($1::text IS NULL OR projection = $1 OR starts_with(projection, $1 || '.'))
  AND ($2::text IS NULL OR key = convert_to($2, 'UTF8'))
  AND ($3::bigint IS NULL OR (partition = $3 AND kafka_offset = $4::bigint))
  AND ($5::boolean OR blocked_by IN (kafka_offset, -1))
ORDER BY parked_at, projection, topic, partition, kafka_offset
LIMIT $7::bigint
