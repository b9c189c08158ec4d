-- Parked events of a partition that are to be tried again, whole keys only, in the order of the log: $1 projection,
-- $2 topic, $3 partition, $4 a key or null, $5 an offset or null, $6 the offset after which to go on, $7 limit.
SELECT p.kafka_offset, (extract(epoch FROM p.recorded_at) * 1000)::bigint AS recorded_ms, p.key, p.value, p.blocked_by
FROM parked_events AS p
WHERE p.projection = $1::text AND p.topic = $2::text AND p.partition = $3::bigint
  AND p.kafka_offset > $6::bigint
  AND ($4::text IS NULL OR p.key = convert_to($4::text, 'UTF8'))
  AND ($5::bigint IS NULL OR p.kafka_offset = $5::bigint
       OR (p.blocked_by >= 0
           AND p.key = (SELECT named.key FROM parked_events AS named
                        WHERE named.projection = $1::text AND named.topic = $2::text AND named.partition = $3::bigint
                          AND named.kafka_offset = $5::bigint AND named.blocked_by >= 0)))
ORDER BY p.kafka_offset
LIMIT $7::bigint
