-- The offsets that the hot tier must go back to, by partition: $1 topic.
SELECT partition::bigint, kafka_offset FROM redis_rewinds WHERE topic = $1::text
