-- How far the projection $1 has folded the topic $2, how many partitions the topic had at that time, and the digest of
-- the last event, in each partition.
SELECT partition::bigint, next_offset, topic_partitions::bigint, last_digest FROM progress WHERE projection = $1 AND topic = $2
