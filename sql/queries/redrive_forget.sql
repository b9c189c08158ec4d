-- Deletes parked events that are being tried again: $1 projection, $2 topic, $3 partition, $4 offsets.
DELETE FROM parked_events
WHERE projection = $1::text AND topic = $2::text AND partition = $3::bigint AND kafka_offset = ANY ($4::bigint[])
