-- Records that the hot tier has gone back: $1 topic, $2 partition, $3 the offset as it was read. If the offset has
-- changed since then, it stays.
DELETE FROM redis_rewinds WHERE topic = $1::text AND partition = $2::bigint AND kafka_offset = $3::bigint
