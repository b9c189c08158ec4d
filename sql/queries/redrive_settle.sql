-- After a redrive or a drop, makes the remaining events of keys wait behind the first one that remains: $1 projection,
-- $2 topic, $3 partition, $4 keys.
UPDATE parked_events AS p
SET blocked_by = head.kafka_offset,
    reason = CASE WHEN p.kafka_offset = head.kafka_offset THEN 'it waits to be tried again: run `mneme dead-letters redrive`'
                  ELSE format('waits behind offset %s of its key, which is parked', head.kafka_offset) END
FROM (SELECT key, min(kafka_offset) AS kafka_offset
      FROM parked_events
      WHERE projection = $1::text AND topic = $2::text AND partition = $3::bigint AND key = ANY ($4::bytea[])
        AND blocked_by >= 0
      GROUP BY key) AS head
WHERE p.projection = $1::text AND p.topic = $2::text AND p.partition = $3::bigint AND p.key = head.key
  AND p.blocked_by >= 0 AND p.blocked_by <> head.kafka_offset
