-- What the projection $1 began with, where that is not the topic $2 with $3 partitions: tables of one topic cannot go on with
-- another. Vectors are loaded from topics of several models side by side.
SELECT topic, topic_partitions::bigint FROM progress
WHERE projection = $1 AND (topic = $2 AND topic_partitions <> $3::integer
                           OR topic <> $2 AND projection IN ('postgres', 'search'))
ORDER BY topic <> $2
LIMIT 1
