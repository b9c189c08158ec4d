-- The events that cannot be applied, the oldest first, each with the number of events that are parked because of it,
-- itself included: $1 limit.
SELECT projection, topic, partition, kafka_offset, encode(key, 'escape') AS key, reason,
       (SELECT count(*) + (parked_events.blocked_by < 0)::integer
        FROM parked_events AS waiting
        WHERE waiting.projection = parked_events.projection
          AND waiting.topic = parked_events.topic
          AND waiting.partition = parked_events.partition
          AND waiting.blocked_by = parked_events.kafka_offset) AS waiting,
       parked_at
FROM parked_events
WHERE blocked_by IN (kafka_offset, -1) -- the first parked event of a key, or one parked alone
ORDER BY parked_at, projection, topic, partition, kafka_offset
LIMIT $1::bigint
