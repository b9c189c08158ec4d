-- The time of a position, and how far its partition has been folded: $1 topic, $2 partition, $3 offset. If there is no
-- event at the offset, the time of the event before it.
SELECT p.next_offset,
       coalesce(
           (SELECT recorded_at FROM events WHERE sequence_id = $3::bigint * 4096 + $2::bigint),
           (SELECT recorded_at FROM parked_events
            WHERE projection = 'postgres' AND topic = $1::text AND partition = $2::bigint AND kafka_offset = $3::bigint),
           (SELECT recorded_at FROM dropped_events
            WHERE projection = 'postgres' AND topic = $1::text AND partition = $2::bigint AND kafka_offset = $3::bigint),
           (SELECT recorded_at FROM events
            WHERE sequence_id < $3::bigint * 4096 + $2::bigint AND kafka_partition = $2::bigint
            ORDER BY sequence_id DESC LIMIT 1)) AS recorded_at
FROM progress AS p
WHERE p.projection = 'postgres'
  AND p.topic = $1::text
  AND p.partition = $2::bigint
