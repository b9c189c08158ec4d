-- How far the projection $1 has folded the topic $2, how many partitions the topic had then, and its last event there.
SELECT partition::bigint, next_offset, topic_partitions::bigint, last_digest FROM progress WHERE projection = $1 AND topic = $2
