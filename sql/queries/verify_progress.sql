-- How far the projection $2 has come, in its live schema, in each partition of the topic $1, and how many partitions
-- the topic had at that time.
SELECT partition::bigint, next_offset, topic_partitions::bigint FROM progress WHERE projection = $2 AND topic = $1
