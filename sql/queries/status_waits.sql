-- The positions at which workers wait for the schema of a message.
SELECT projection, topic, partition::bigint AS partition, kafka_offset, reason, since, looked_at
FROM schema_waits
ORDER BY topic, partition, kafka_offset, projection
