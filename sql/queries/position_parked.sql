-- The first of some positions ($3 partitions, $4 offsets) of a topic ($2) that a projection ($1) has parked.
SELECT parked.partition, parked.kafka_offset, parked.reason
FROM unnest($3::bigint[], $4::bigint[]) AS asked (partition, kafka_offset)
JOIN parked_events AS parked
  ON parked.projection = $1::text AND parked.topic = $2::text
 AND parked.partition = asked.partition AND parked.kafka_offset = asked.kafka_offset
ORDER BY parked.partition, parked.kafka_offset
LIMIT 1
