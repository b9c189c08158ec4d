-- Parked events to drop at a position in this schema, and events that were dropped there before: $1 a projection
-- ("embed" stands for every "embed.MODEL"), $2 topic or null for any, $3 partition, $4 offset. topic_partitions is null
-- if there is no progress in the partition.
SELECT l.projection, l.topic, l.key, l.blocked_by, l.is_dropped, l.reason, encode(l.key, 'escape') AS shown_key,
       g.topic_partitions::bigint,
       (SELECT count(*) FROM parked_events AS w
        WHERE w.projection = l.projection AND w.topic = l.topic AND w.partition = l.partition
          AND w.blocked_by = l.kafka_offset AND w.kafka_offset <> l.kafka_offset) AS behind
FROM (SELECT projection, topic, partition, kafka_offset, key, blocked_by, reason, false AS is_dropped FROM parked_events
      UNION ALL
      SELECT projection, topic, partition, kafka_offset, key, blocked_by, reason, true FROM dropped_events) AS l
LEFT JOIN progress AS g ON g.projection = l.projection AND g.topic = l.topic AND g.partition = l.partition
WHERE split_part(l.projection, '.', 1) = $1::text AND ($2::text IS NULL OR l.topic = $2)
  AND l.partition = $3::bigint AND l.kafka_offset = $4::bigint
ORDER BY l.is_dropped, l.projection, l.topic
