-- The progress in the partitions $2 of the topic $1, without a lock.
SELECT partition::bigint, next_offset FROM progress
WHERE projection = 'postgres' AND topic = $1 AND partition = ANY ($2::bigint[])
