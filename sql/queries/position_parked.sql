-- The first of given positions at which a projection has parked an event: $1 projection, $2 topic, $3 partitions,
-- $4 offsets.
SELECT parked.partition, parked.kafka_offset, parked.reason
FROM unnest($3::bigint[], $4::bigint[]) AS asked (partition, kafka_offset)
JOIN parked_events AS parked
  ON parked.projection = $1::text AND parked.topic = $2::text
 AND parked.partition = asked.partition AND parked.kafka_offset = asked.kafka_offset
ORDER BY parked.partition, parked.kafka_offset
LIMIT 1
