-- The partitions of this schema that have events to be tried again, with the number of partitions of the topic: $1 a
-- projection ("embed" stands for every "embed.MODEL"), $2 topic, $3 a key or null, $4 a partition and $5 an offset or
-- null.
SELECT DISTINCT p.partition::bigint, g.topic_partitions::bigint, p.projection
FROM parked_events AS p
JOIN progress AS g ON g.projection = p.projection AND g.topic = p.topic AND g.partition = p.partition
WHERE (p.projection = $1::text OR starts_with(p.projection, $1::text || '.')) AND p.topic = $2::text
  AND ($3::text IS NULL OR p.key = convert_to($3::text, 'UTF8'))
  AND ($4::bigint IS NULL OR (p.partition = $4::bigint AND p.kafka_offset = $5::bigint))
ORDER BY 3, 1
