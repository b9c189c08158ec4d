-- Where the hot tier is to go back to: $1 topic.
SELECT partition::bigint, kafka_offset FROM redis_rewinds WHERE topic = $1::text
