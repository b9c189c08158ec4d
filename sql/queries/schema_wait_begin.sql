-- Records that a worker waits for the schema of a message: $1 projection, $2 topic, $3 partition, $4 offset, $5 reason.
-- Repeated at each attempt.
INSERT INTO schema_waits AS w (projection, topic, partition, kafka_offset, reason, since, looked_at)
VALUES ($1, $2, $3::bigint, $4::bigint, $5, now(), now())
ON CONFLICT (projection, topic, partition) DO UPDATE
SET kafka_offset = excluded.kafka_offset, reason = excluded.reason, looked_at = now(),
    since = CASE WHEN w.kafka_offset = excluded.kafka_offset THEN w.since ELSE now() END
