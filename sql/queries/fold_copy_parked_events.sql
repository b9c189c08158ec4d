COPY parked_events (projection, topic, partition, kafka_offset, key, value, reason, blocked_by, recorded_at)
FROM STDIN (FORMAT binary)
