-- How far the live schema has come in each partition of the topic $1, and of how many it was then.
SELECT partition::bigint, next_offset, topic_partitions::bigint FROM progress WHERE projection = 'postgres' AND topic = $1
