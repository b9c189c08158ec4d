-- The progress of the partitions $2 of the topic $1, whose workers wait from here to the end of the transaction.
SELECT partition::bigint, next_offset FROM progress
WHERE projection = 'postgres' AND topic = $1 AND partition = ANY ($2::bigint[])
ORDER BY partition
FOR UPDATE
