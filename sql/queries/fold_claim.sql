-- Makes this writer the owner of partitions: $1 projection, $2 topic, $3 partitions, $4 the owner, $5 how many
-- partitions the topic has. Raising the epoch fences the previous writer.
INSERT INTO progress AS p (projection, topic, partition, next_offset, epoch, owner, topic_partitions, updated_at)
SELECT $1, $2, c.partition::integer, 0, 1, $4, $5::integer, now()
FROM unnest($3::bigint[]) AS c(partition)
ORDER BY c.partition
ON CONFLICT (projection, topic, partition)
DO UPDATE SET epoch = p.epoch + 1, owner = excluded.owner, updated_at = excluded.updated_at
RETURNING partition::bigint, next_offset, epoch, last_digest
