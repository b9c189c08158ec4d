-- The topic and the number of partitions that the projection $1 began with, if they differ from the topic $2 with
-- $3 partitions: tables folded from one topic cannot be continued from another. Only postgres and search have a single
-- topic: vectors, for example, are loaded from the topics of several models side by side.
SELECT topic, topic_partitions::bigint FROM progress
WHERE projection = $1 AND (topic = $2 AND topic_partitions <> $3::integer
                           OR topic <> $2 AND projection IN ('postgres', 'search'))
ORDER BY topic <> $2
LIMIT 1
