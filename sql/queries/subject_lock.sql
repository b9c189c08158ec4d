-- The progress of the partitions $2 of the topic $1. Their workers wait until the transaction ends.
SELECT partition::bigint, next_offset FROM progress
WHERE projection = 'postgres' AND topic = $1 AND partition = ANY ($2::bigint[])
ORDER BY partition
FOR UPDATE
