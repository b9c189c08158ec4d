-- A parked event with its bytes, for each projection of this schema that has parked it: $1 partition, $2 offset, $3 a
-- projection ("embed" is "embed.MODEL", too) or null.
SELECT projection, topic, partition, kafka_offset, encode(key, 'escape') AS key, reason,
       (SELECT count(*)
        FROM parked_events AS waiting
        WHERE waiting.projection = parked_events.projection
          AND waiting.topic = parked_events.topic
          AND waiting.partition = parked_events.partition
          AND waiting.blocked_by = parked_events.kafka_offset
          AND waiting.kafka_offset <> parked_events.kafka_offset) AS behind,
       CASE WHEN blocked_by NOT IN (kafka_offset, -1) THEN blocked_by END AS waits_for,
       recorded_at, parked_at, encode(value, 'hex') AS value_hex,
       translate(encode(value, 'base64'), E'\n', '') AS value_base64
FROM parked_events
WHERE partition = $1::bigint AND kafka_offset = $2::bigint
  AND ($3::text IS NULL OR projection = $3 OR starts_with(projection, $3 || '.'))
ORDER BY projection, topic
