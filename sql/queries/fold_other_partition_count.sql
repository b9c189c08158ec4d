-- The partition count that the projection began with, if it is not the topic's present one.
SELECT topic_partitions::bigint FROM progress
WHERE projection = $1 AND topic = $2 AND topic_partitions <> $3::integer
LIMIT 1
